package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aead.dev/minisign"

	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// Files of the journal, in the workspace.
const (
	JournalName          = "journal.jsonl"
	JournalSignatureName = "journal.sig" // of the last line, by the workspace's key
)

const journalComment = "signature of the last line of " + JournalName

// Kinds of journal entries.
const (
	EntryIngest   = "ingest"
	EntryWithdraw = "withdraw"
	EntryRepair   = "repair"
	EntryRun      = "run"
	EntryPrune    = "prune"
	EntryPurge    = "purge"
	EntryShare    = "share"
)

// A JournalEntry is one line of the journal: something that changed the
// workspace. Lines are chained, each by the hash of the one before, so that
// none can be changed, moved or taken out unseen. The order of the lines
// counts, not their times: clocks go wrong.
type JournalEntry struct {
	Seq     int       `json:"seq"`  // from 1
	Prev    string    `json:"prev"` // SHA-256 of the line before, its line end included; "" in the first
	Time    time.Time `json:"time"`
	Program string    `json:"program"`
	Kind    string    `json:"kind"`

	Deliveries []Delivery `json:"deliveries,omitempty"` // whose record is new or changed

	Run      string `json:"run,omitempty"`
	Manifest string `json:"manifest_sha256,omitempty"` // of the run

	Order string   `json:"order,omitempty"` // of a purge, as given; of a share, for whom
	Rows  int64    `json:"rows,omitempty"`  // removed
	Files []string `json:"files,omitempty"` // removed or made again, below the workspace
	Note  string   `json:"note,omitempty"`

	Subjects []string `json:"subjects,omitempty"` // of a purge, as pseudonyms
}

// A Delivery is what the journal keeps of one delivered file.
type Delivery struct {
	Number    int32  `json:"number"`
	Dataset   string `json:"dataset"`
	Path      string `json:"path"`
	SHA256    string `json:"sha256"`
	Given     string `json:"given,omitempty"`
	Record    string `json:"record_sha256"` // of its file in lake/_files
	Rows      int64  `json:"rows"`
	Decoded   int64  `json:"decoded"`
	Refused   bool   `json:"refused,omitempty"`
	Withdrawn bool   `json:"withdrawn,omitempty"`
}

// A JournalHead names a line of the journal: the last one when it was taken.
type JournalHead struct {
	Entries int    `json:"entries"`
	SHA256  string `json:"sha256"` // of the line, its line end included
}

// A JournalError says where the journal is not as it was written.
type JournalError struct {
	Line int // from 1; 0 if no line is to blame
	What string
}

func (e *JournalError) Error() string {
	at := JournalName
	if e.Line > 0 {
		at += fmt.Sprintf(" line %d", e.Line)
	}
	return at + ": " + e.What + "; put back the newest copy of " + JournalName + " and " + JournalSignatureName +
		", or move both elsewhere and keep them: the next command then begins a new journal"
}

// A journal is the journal of a workspace as read.
type journal struct {
	ws      *Workspace
	entries []JournalEntry
	hashes  []string // of the lines
	last    []byte   // the last line
	former  []byte   // the line before
	torn    int64    // bytes of a line that was begun and not finished
	size    int64    // bytes of the whole lines
}

// readJournal reads the journal and checks its chain. The error is a
// *[JournalError] if the chain is broken; what stands before the break is returned.
func (ws *Workspace) readJournal() (*journal, error) {
	j := &journal{ws: ws}
	text, err := os.ReadFile(ws.Path(JournalName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 {
			j.torn = int64(len(text))
			break
		}
		line := text[:end]
		text = text[end:]
		n := len(j.entries) + 1
		var e JournalEntry
		if err := json.Unmarshal(line, &e); err != nil {
			return j, &JournalError{n, "is not readable: " + err.Error()}
		}
		if e.Seq != n || e.Prev != j.head().SHA256 {
			return j, &JournalError{n, "does not follow the line before: a line was changed, moved or taken out"}
		}
		j.entries = append(j.entries, e)
		j.hashes = append(j.hashes, hashLine(line))
		j.former, j.last = j.last, line
		j.size += int64(end)
	}
	return j, nil
}

func hashLine(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

func (j *journal) head() JournalHead {
	if len(j.hashes) == 0 {
		return JournalHead{}
	}
	return JournalHead{len(j.hashes), j.hashes[len(j.hashes)-1]}
}

// checkSignature reports whether the last line is the one that was signed
// last. before tells that the line before it was: then a process died between
// writing the line and signing it.
func (j *journal) checkSignature(key minisign.PublicKey) (before bool, err error) {
	signature, err := os.ReadFile(j.ws.Path(JournalSignatureName))
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(j.entries) <= 1:
		return len(j.entries) == 1, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, &JournalError{0, JournalSignatureName + " is missing"}
	case err != nil:
		return false, err
	}
	if err := plainSignature(signature, journalComment); err != nil {
		return false, &JournalError{0, JournalSignatureName + " " + err.Error()}
	}
	if len(j.entries) > 0 && minisign.Verify(key, j.last, signature) {
		return false, nil
	}
	if len(j.entries) > 1 && minisign.Verify(key, j.former, signature) {
		return true, nil
	}
	return false, &JournalError{0, JournalSignatureName + " does not sign the last line: the last line was changed, or lines behind it were taken out"}
}

func encodeEntry(e JournalEntry) []byte {
	text, err := json.Marshal(e)
	if err != nil {
		panic("pipeline: encode a journal entry: " + err.Error()) // of plain fields
	}
	return append(text, '\n')
}

// openJournal reads the journal to write on it. The workspace must be locked.
// A line that a process which died had begun is removed, and so are files that it
// had not yet given their names; a run that it had published and not noted is noted now.
func (ws *Workspace) openJournal() (*journal, error) {
	if err := removeUnnamed(ws.Dir); err != nil { // of store.WriteFile
		return nil, err
	}
	j, err := ws.readJournal()
	if err != nil {
		return nil, err
	}
	if j.torn > 0 {
		if err := os.Truncate(ws.Path(JournalName), j.size); err != nil {
			return nil, fmt.Errorf("%s: %w", JournalName, err)
		}
		j.torn = 0
	}
	key, err := ws.publicKey()
	if err != nil {
		return nil, err
	}
	before, err := j.checkSignature(key)
	if err != nil {
		return nil, err
	}
	if before {
		if err := j.sign(); err != nil {
			return nil, err
		}
	}
	return j, j.noteRuns(key)
}

// lockJournal makes this process the only one that changes the workspace until
// unlock is called, and opens the journal for what it is going to do.
func (ws *Workspace) lockJournal() (j *journal, unlock func(), err error) {
	if unlock, err = ws.lock(); err != nil {
		return nil, nil, err
	}
	if j, err = ws.openJournal(); err != nil {
		unlock()
		return nil, nil, err
	}
	return j, unlock, nil
}

// append writes one line behind the others and signs it.
func (j *journal) append(e JournalEntry) error {
	e.Seq, e.Prev, e.Time, e.Program = len(j.entries)+1, j.head().SHA256, time.Now().UTC(), ThisProgram().Version
	line := encodeEntry(e)
	if err := j.write(line); err != nil {
		return fmt.Errorf("write %s: %w", JournalName, err)
	}
	j.entries, j.hashes, j.size = append(j.entries, e), append(j.hashes, hashLine(line)), j.size+int64(len(line))
	j.former, j.last = j.last, line
	return j.sign()
}

func (j *journal) write(line []byte) error {
	f, err := os.OpenFile(j.ws.Path(JournalName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = errors.Join(err, f.Truncate(j.size)) // a full disk must not leave half a line
	}
	return errors.Join(err, f.Close())
}

func (j *journal) sign() error {
	key, err := j.ws.Key()
	if err != nil {
		return err
	}
	signature := sign(j.last, fmt.Sprintf("minewatch journal line %d", len(j.entries)), journalComment, key)
	if err := store.WriteFile(j.ws.Path(JournalSignatureName), signature); err != nil {
		return fmt.Errorf("sign %s: %w", JournalName, err)
	}
	return nil
}

// latest returns the newest that the journal says of each delivery.
func (j *journal) latest() map[int32]Delivery {
	by := map[int32]Delivery{}
	for _, e := range j.entries {
		for _, d := range e.Deliveries {
			by[d.Number] = d
		}
	}
	return by
}

// noteDeliveries adds e with the deliveries whose record is new or changed. If
// there is none and e has nothing else to say, it adds no line.
func (j *journal) noteDeliveries(e JournalEntry) error {
	records, err := ingest.Committed(j.ws.Dir)
	if err != nil {
		return err
	}
	known := j.latest()
	for _, r := range records {
		d, err := j.ws.delivery(r)
		if err != nil {
			return err
		}
		if known[r.Number] != d {
			e.Deliveries = append(e.Deliveries, d)
		}
	}
	if len(e.Deliveries) == 0 && len(e.Files) == 0 && len(e.Subjects) == 0 {
		return nil
	}
	return j.append(e)
}

func (ws *Workspace) delivery(r ingest.Record) (Delivery, error) {
	sum, err := store.HashFile(ws.Path(r.File()))
	return Delivery{
		Number: r.Number, Dataset: r.Dataset, Path: r.Path, SHA256: r.SHA256, Given: r.Given, Record: sum,
		Rows: r.Rows, Decoded: r.Decoded, Refused: r.Refused != nil, Withdrawn: r.Withdrawn,
	}, err
}

// noteRun adds the line of a published run.
func (j *journal) noteRun(id, note string) error {
	sum, err := store.HashFile(filepath.Join(j.ws.Runs(), id, ManifestName))
	if err != nil {
		return err
	}
	return j.append(JournalEntry{Kind: EntryRun, Run: id, Manifest: sum, Note: note})
}

// noteRuns adds the runs that a process published and then died. A run that
// the workspace's key did not sign is none.
func (j *journal) noteRuns(key minisign.PublicKey) error {
	noted := map[string]bool{}
	for _, e := range j.entries {
		noted[e.Run] = true
	}
	ids, err := j.ws.RunIDs()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if noted[id] || !signed(filepath.Join(j.ws.Runs(), id), key) {
			continue
		}
		if err := j.noteRun(id, "noted by a later command: the one that made it was interrupted"); err != nil {
			return err
		}
	}
	return nil
}

// signed reports whether a run's manifest has the signature of a key.
func signed(dir string, key minisign.PublicKey) bool {
	manifest, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		return false
	}
	signature, err := os.ReadFile(filepath.Join(dir, SignatureName))
	return err == nil && minisign.Verify(key, manifest, signature)
}
