"""What the doctor's findings mean and what to do, in plain words, by code. Facts of a finding stand in its own line."""

_KEEP_AND_RESTORE = (
    "Stop the server and keep this database. Restore the newest backup that is well, and compare a bundle of it with the"
    " checkpoints that witnesses and notice boards hold. `--rebuild` does not help."
)

# code: (what it means, what to do)
MEANINGS: dict[str, tuple[str, str]] = {
    "tables_older": ("The program is newer than the tables.", "Run `timebank migrate`."),
    "address_local": (
        "Cards printed now would lead nowhere from a phone.",
        "Set TIMEBANK_PUBLIC_URL before anything is printed.",
    ),
    "officer_unregistered": (
        "Who decides there by these roles is nobody in the register, so that nobody can say to whom she is near.",
        "Admit her as a resident and link her sign-in, or give the role to somebody who lives there.",
    ),
    "address_plain": (
        "Without https phones give no camera: links, typing and hand-held scanners still work.",
        "Put a certificate in front, when there is one.",
    ),
    "file_readable": (
        "Others on this machine can read a secret: who has a seed can sign in the community's name.",
        "Run the chmod that the line names; if strangers had access, name a new key in the log.",
    ),
    "database_readable": ("Everybody on this machine can read the register.", "Run the chmod that the line names."),
    "keys_beside_database": (
        "One stolen folder would hold the books and the means to sign them.",
        "Back the seeds up apart, or set TIMEBANK_KEYS_DIR.",
    ),
    "clock_behind": (
        "The newest entry lies in the future: a clock ran ahead when it was written, or runs behind now.",
        "Set the clock. The log takes entries again when the clock has passed its newest one.",
    ),
    "demo_ahead": ("This is a demo; its clock was moved.", "Nothing."),
    "seed_missing": (
        "Nothing can be signed, so outsiders see no newer checkpoint.",
        "Restore the seed from its own backup.",
    ),
    "would_fork": (
        "The database is older than what was signed and shown. Signing on would prove to anybody that entries were lost.",
        "Restore a newer backup; nothing is signed until then.",
    ),
    "policy_of_witnesses": (
        "The policy file of witnesses cannot be read, so nobody is asked to witness our logs.",
        "Mend the line that is named (docs/operations.md, Witnesses).",
    ),
    "witness_has_seen_further": (
        "A witness cosigned entries of this log that the database does not hold: it is an old backup, or was rewritten.",
        "Restore a newer backup, or settle it with a kept checkpoint: `timebank witness settle`. Nothing is signed until then.",
    ),
    "witnesses_stale": (
        "Nobody outside could prove today that the log was not rewritten since.",
        "See whether the witnesses are running: `timebank witness ask`, or the server's log.",
    ),
    "witnessed_logs": (
        "This line is no log's verifier key, and that log is not witnessed.",
        "Mend the line, or take it out.",
    ),
    "witness_memory": (
        "Two roots are remembered for one size of a log that we witness: one of the memories was changed.",
        "Ask the log's operator for kept checkpoints; nothing is cosigned for it until one memory is put right.",
    ),
    "wrong_key": ("The seed on this machine belongs to another log.", "Put the right seed into the folder."),
    "unsigned": (
        "Entries since the newest checkpoint are not signed yet.",
        "Nothing: a running server signs each minute.",
    ),
    "tables_differ": (
        "A table, column or index is not as the migrations made it: somebody changed it by hand, or an upgrade was cut short.",
        "Put back what the line names; without an index pages grow slow, without a column they fail.",
    ),
    "file_damaged": (
        "SQLite finds its own file damaged: a disk that fails, or a copy made while it was written.",
        "Stop the server, copy the file away, look at the disk, and restore the newest backup that is well.",
    ),
    "reference_broken": (
        "Rows name others that are not there: somebody deleted rows with the references switched off.",
        "Ask who did so. The ledger's own tables are looked at apart; what is missing must come from a backup.",
    ),
    "guard_missing": (
        "A trigger that refuses changes of the record is gone: somebody dropped it, or a table was made again by hand.",
        "Ask who did so. The next findings say whether anything was changed; a new migration or a restore brings it back.",
    ),
    "role_owns_tables": (
        "The application signs in as the owner of the tables, who may change everything.",
        "Make a role of its own (docs/operations.md) and let `timebank migrate` grant it what it needs.",
    ),
    "role_may_change": (
        "The application's role may change or delete what may only be added to.",
        "Run `timebank migrate` as the owner: it takes these rights back.",
    ),
    "log_broken": (
        "A leaf is missing, unreadable or breaks a rule of the ledger: the record itself was damaged.",
        _KEEP_AND_RESTORE,
    ),
    "checkpoint_differs": (
        "A stored checkpoint does not have the root that the leaves have: leaves or the checkpoint were changed.",
        "As for a broken log: keep this database, and compare with older checkpoints outside. `--rebuild` refuses.",
    ),
    "checkpoint_signature": (
        "A stored checkpoint does not bear a good signature of the log's key, or says something else than its row.",
        "Somebody edited it, or the key was wrong. Older checkpoints outside decide what is true.",
    ),
    "tail_differs": (
        "The row that says where the log ends is not what the leaves say.",
        "If the log itself is whole, `timebank doctor --rebuild` writes it again.",
    ),
    "account_differs": (
        "A stored balance, hold, limit or quota is not what the entries add up to: somebody changed it past the books.",
        "Find out who. Then `timebank doctor --rebuild` makes it again from the entries.",
    ),
    "posting_differs": (
        "The lines of an account's statement are not those of the entries.",
        "Find out who changed them. Then `timebank doctor --rebuild`.",
    ),
    "hold_differs": (
        "A stored hold is not what the entries say.",
        "Find out who changed it. Then `timebank doctor --rebuild`.",
    ),
    "note_differs": (
        "A stored note is not what the entries say.",
        "Find out who changed it. Then `timebank doctor --rebuild`.",
    ),
    "reversal_differs": (
        "Which entry was booked back is stored otherwise than the entries say.",
        "Find out who changed it. Then `timebank doctor --rebuild`.",
    ),
    "tile_differs": (
        "A stored tile of hashes is missing or is not that of the leaves: proofs made from it would be refused.",
        "A missing one is added by `timebank doctor --rebuild`; a wrong one may not be changed, so restore a backup.",
    ),
    "entry_differs": (
        "Kind, id or time of an entry, by which it is found, are not what its leaf says: somebody edited its row.",
        _KEEP_AND_RESTORE,
    ),
    "detail_ref": (
        "The detail behind an entry is not the one whose fingerprint the entry holds: it was edited afterwards.",
        "What was moved stands. Restore the detail from a backup; the entry proves which one is right.",
    ),
    "detail_missing": (
        "The detail behind an entry is gone, though none of its accounts was erased.",
        "Restore it from a backup: an auditor's bundle with details will be refused without it.",
    ),
    "detail_extra": ("A detail belongs to no entry that names one.", "Find out who wrote it; it proves nothing."),
    "detail_of_erased": (
        "An account was erased, but a detail that names it is still there.",
        "Run `timebank erase`; if it stays, it was written back by a restored copy: delete that row, then `timebank scrub`.",
    ),
    "erased_still_there": (
        "Somebody was erased, but rows of hers are still there, or there again.",
        "Find out who wrote them back. Run `timebank erase`, then `timebank scrub`.",
    ),
    "erasure_back": (
        "Somebody who was erased is in the database again: an older backup was restored.",
        "Run `timebank erase`, or leave it to the night: she is erased again without being asked.",
    ),
    "erasure_waits": (
        "An approved erasure is due, but something stands in its way.",
        "Settle what the line names; it is carried out the night after.",
    ),
    "erasure_unscrubbed": (
        "Somebody was erased, but the free space of the database's files may still hold what was deleted.",
        "Run `timebank scrub` (on PostgreSQL with TIMEBANK_OWNER_URL).",
    ),
    "older_copies": (
        "Copies that a restore put aside still hold who was erased since.",
        "Delete them when you need them no more; the same goes for backups (docs/privacy.md).",
    ),
    "examination_failed": (
        "An examination stopped at something that it did not expect, so what it looks at is not as it should be.",
        "Keep the database as it is, restore a backup beside it, and compare; tell the makers what the line says.",
    ),
    "owner_missing": (
        "Nobody knows any more whose account this is, though nobody was erased.",
        "Restore the row of `account_owner` from a backup, and find out who deleted it.",
    ),
    "owner_differs": (
        "Whose account it is was changed, so somebody may use what is another's.",
        "Compare with the paper and with a backup, put the row of `account_owner` right, and find out who changed it.",
    ),
    "row_differs": (
        "A row of the domain (a visit, order, award...) and the entry that it names do not say the same.",
        "Compare both with the paper. Correct by a reversal or a new entry, never by SQL.",
    ),
}
