// What Go's own transparency-log packages say of a log, a checkpoint or a proof.
//
// Reads {"cases": [...]} from standard input and answers with one {"name", "error", ...} for each case: "error" is
// empty where golang.org/x/mod/sumdb accepts, else its reason. Hashes are base64; tiles lie below a folder as
// tile/<level>/<number>, 256 hashes wide. Built offline against Debian's golang-golang-x-mod-dev.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight      = 8
	cosignatureType = 0x04
)

type testCase struct {
	Name      string
	Op        string
	Vkey      string   // open: the key that must have signed
	Cosigners []string // open: vkeys of type 4 that must have cosigned too
	Note      string   // open, receipt: the text
	Folder    string   // tiles, entries
	Size      int64
	Root      string
	Old       int64 // tree: the earlier size and root
	OldRoot   string
	Seq       int64 // record: which leaf, and its hash
	Leaf      string
	Proof     []string
	Seqs      []int64 // tiles: prove these leaves, and these earlier sizes
	Olds      []int64
	Tiles     [][3]int64 // paths: level, number and width of each
}

type answer struct {
	Name    string              `json:"name"`
	Error   string              `json:"error"`
	Origin  string              `json:"origin,omitempty"`
	Size    int64               `json:"size,omitempty"`
	Root    string              `json:"root,omitempty"`
	Times   map[string]int64    `json:"times,omitempty"`
	Records map[string][]string `json:"records,omitempty"`
	Trees   map[string][]string `json:"trees,omitempty"`
	Roots   map[string]string   `json:"roots,omitempty"`
	Paths   []string            `json:"paths,omitempty"`
}

func main() {
	var asked struct{ Cases []testCase }
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	answers := make([]answer, 0, len(asked.Cases))
	for _, one := range asked.Cases {
		said := answer{Name: one.Name}
		if err := judge(one, &said); err != nil {
			said = answer{Name: one.Name, Error: err.Error()}
		}
		answers = append(answers, said)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		os.Exit(2)
	}
}

func judge(one testCase, said *answer) error {
	switch one.Op {
	case "open":
		return openNote(one, said)
	case "record":
		return checkRecord(one)
	case "tree":
		return checkTree(one)
	case "tiles":
		return proveFromTiles(one, said)
	case "entries":
		return hashEntries(one)
	case "receipt":
		return checkReceipt(one, said)
	case "paths":
		for _, of := range one.Tiles {
			tile := tlog.Tile{H: tileHeight, L: int(of[0]), N: of[1], W: int(of[2])}
			said.Paths = append(said.Paths, strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		}
		return nil
	}
	return fmt.Errorf("no such question: %q", one.Op)
}

// openNote demands the log's signature and that of every cosigner, and reads the checkpoint's three lines.
func openNote(one testCase, said *answer) error {
	log, err := note.NewVerifier(one.Vkey)
	if err != nil {
		return err
	}
	known := []note.Verifier{log}
	for _, vkey := range one.Cosigners {
		witness, err := newCosigner(vkey)
		if err != nil {
			return err
		}
		known = append(known, witness)
	}
	opened, err := note.Open([]byte(one.Note), note.VerifierList(known...))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != len(known) {
		return fmt.Errorf("%d of %d wanted signatures", len(opened.Sigs), len(known))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() {
		return fmt.Errorf("not a checkpoint of %s", log.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return fmt.Errorf("size %q", lines[1])
	}
	if _, err := tlog.ParseHash(lines[2]); err != nil {
		return err
	}
	said.Origin, said.Size, said.Root = lines[0], size, lines[2]
	said.Times = map[string]int64{}
	for _, signature := range opened.Sigs[1:] {
		bytes, _ := base64.StdEncoding.DecodeString(signature.Base64)
		said.Times[signature.Name] = int64(binary.BigEndian.Uint64(bytes[4:12]))
	}
	return nil
}

// A cosigner verifies C2SP tlog-cosignature, "cosignature/v1", as a note.Verifier.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("not a key: %q", vkey)
	}
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(typed) != 33 || typed[0] != cosignatureType {
		return nil, fmt.Errorf("not a key of a cosigner: %q", vkey)
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), typed...))
	hash := binary.BigEndian.Uint32(digest[:4])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, fmt.Errorf("the key's id is %08x", hash)
	}
	return &cosigner{parts[0], hash, ed25519.PublicKey(typed[1:])}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(signature))
	return ed25519.Verify(c.key, append([]byte(head), text...), signature[8:])
}

// checkReceipt reads a C2SP tlog-proof whose extra line carries the leaf, and holds the leaf to the signed checkpoint.
func checkReceipt(one testCase, said *answer) error {
	parts := strings.SplitN(one.Note, "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("not a tlog-proof")
	}
	content, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	var extra struct{ Leaf string }
	if err := json.Unmarshal(content, &extra); err != nil {
		return err
	}
	seq, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	proof, err := hashes(lines[3:])
	if err != nil {
		return err
	}
	if err := openNote(testCase{Vkey: one.Vkey, Cosigners: one.Cosigners, Note: parts[1]}, said); err != nil {
		return err
	}
	root, err := tlog.ParseHash(said.Root)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, said.Size, root, seq, tlog.RecordHash([]byte(extra.Leaf)))
}

func checkRecord(one testCase) error {
	root, err := tlog.ParseHash(one.Root)
	if err != nil {
		return err
	}
	leaf, err := tlog.ParseHash(one.Leaf)
	if err != nil {
		return err
	}
	proof, err := hashes(one.Proof)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, one.Size, root, one.Seq, leaf)
}

func checkTree(one testCase) error {
	root, err := tlog.ParseHash(one.Root)
	if err != nil {
		return err
	}
	old, err := tlog.ParseHash(one.OldRoot)
	if err != nil {
		return err
	}
	proof, err := hashes(one.Proof)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, one.Size, root, one.Old, old)
}

// proveFromTiles lets Go read tiles, hold them to the root, and make the proofs that were asked for.
func proveFromTiles(one testCase, said *answer) error {
	root, err := tlog.ParseHash(one.Root)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: one.Size, Hash: root}, folder(one.Folder))
	said.Records, said.Trees, said.Roots = map[string][]string{}, map[string][]string{}, map[string]string{}
	for _, seq := range one.Seqs {
		proof, err := tlog.ProveRecord(one.Size, seq, reader)
		if err != nil {
			return err
		}
		said.Records[strconv.FormatInt(seq, 10)] = written(proof)
	}
	for _, old := range one.Olds {
		proof, err := tlog.ProveTree(one.Size, old, reader)
		if err != nil {
			return err
		}
		before, err := tlog.TreeHash(old, reader)
		if err != nil {
			return err
		}
		said.Trees[strconv.FormatInt(old, 10)] = written(proof)
		said.Roots[strconv.FormatInt(old, 10)] = before.String()
	}
	return nil
}

// hashEntries hashes every leaf of every entry bundle and holds it to the hash that the authenticated tiles have there.
func hashEntries(one testCase) error {
	root, err := tlog.ParseHash(one.Root)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: one.Size, Hash: root}, folder(one.Folder))
	for number := int64(0); number<<tileHeight < one.Size; number++ {
		width := one.Size - number<<tileHeight
		if width > 1<<tileHeight {
			width = 1 << tileHeight
		}
		tile := tlog.Tile{H: tileHeight, L: 0, N: number, W: int(width)}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		rest, err := os.ReadFile(filepath.Join(one.Folder, path))
		if err != nil {
			return err
		}
		wanted, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		for at := 0; at < int(width); at++ {
			if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
				return fmt.Errorf("%s is too short", path)
			}
			end := 2 + int(binary.BigEndian.Uint16(rest))
			hash := tlog.RecordHash(rest[2:end])
			if !bytes.Equal(hash[:], wanted[at*tlog.HashSize:(at+1)*tlog.HashSize]) {
				return fmt.Errorf("entry %d is not what the tree holds", number<<tileHeight+int64(at))
			}
			rest = rest[end:]
		}
		if len(rest) > 0 {
			return fmt.Errorf("%s is too long", path)
		}
	}
	return nil
}

// A folder of tiles: C2SP leaves out the height that Go's paths name.
type folder string

func (f folder) Height() int                         { return tileHeight }
func (f folder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for at, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		content, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		read[at] = content
	}
	return read, nil
}

func hashes(texts []string) ([]tlog.Hash, error) {
	parsed := make([]tlog.Hash, len(texts))
	for at, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		parsed[at] = hash
	}
	return parsed, nil
}

func written(proof []tlog.Hash) []string {
	texts := make([]string, len(proof))
	for at, hash := range proof {
		texts[at] = hash.String()
	}
	return texts
}
