"""Offline scans (离线扫码): what a station read while there was no network, and what is made of it when it comes.

The fact and the verdict are kept apart. The fact is what a registered device signed: this code, in or out, at this time
of its clock. It is written once and never changed. The verdict is ours: it began a visit, ended one, waits, or counts
for nothing and why. A verdict may be overtaken when what was missing arrives, or by somebody who was there; the one before
stays to be read.

body       what a device sends: pure
tables     batches, scans, verdicts
receiving  a batch comes: checked, kept, judged scan by scan, answered
judging    one scan becomes a verdict
looking    what there is of a scan and its person
waiting    verdicts that wait are tried again
reading    lists and exports for staff, and the scans behind a visit
"""

from timebank.hours.attendance.devices import ScanDevice
from timebank.hours.attendance.offline.tables import GUARDS, OfflineScan, ScanBatch, ScanVerdict

__all__ = ["GUARDS", "OfflineScan", "ScanBatch", "ScanDevice", "ScanVerdict"]
