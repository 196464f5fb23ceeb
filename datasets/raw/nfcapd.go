package raw

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Nfcapd reads the binary files of nfcapd, of any version, through the program
// nfdump where it is installed: nfdump -o csv, in UTC.
type Nfcapd struct{}

var _ Format = Nfcapd{}

// Name returns "nfcapd".
func (Nfcapd) Name() string { return "nfcapd" }

// The first two bytes are 0xA50C in the byte order of the machine; the next two
// the version of the layout.
func (Nfcapd) sniff(head []byte) bool {
	return len(head) > 8 && (bytes.HasPrefix(head, []byte{0x0c, 0xa5}) && head[2] < 8 && head[3] == 0 || bytes.HasPrefix(head, []byte{0xa5, 0x0c, 0}) && head[3] < 8)
}

var (
	noNfdump  = &Fault{Reason: "nfcapd file, and nfdump is not installed", Remedy: "install nfdump (apt-get install nfdump), or deliver what nfdump -o csv makes of the file"}
	badNfcapd = "ask the sender to deliver the file again, or what nfdump -o csv makes of it"
)

func (Nfcapd) decode(in *input, l *loader) (err error) {
	program, lookErr := exec.LookPath("nfdump")
	if lookErr != nil {
		return noNfdump
	}
	if l.table.Name != "flows" {
		return &Fault{Reason: "nfcapd file in a folder that takes none", Remedy: "move the file to inbox/flows"}
	}
	path := in.path
	if in.packing != "" {
		if path, err = unpackFile(in); err != nil {
			return err
		}
		defer os.Remove(path) // a copy
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-r", path, "-o", "csv")
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	cmd.WaitDelay = 10 * time.Second
	var complaint limitedBuffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = nfdumpOutput(out, in.limits, l)
	if err != nil {
		cancel()
	}
	waitErr := cmd.Wait()
	var exit *exec.ExitError
	switch {
	case err != nil:
		return err
	case errors.As(waitErr, &exit):
		return &Fault{Reason: "nfdump cannot read the file (" + complaint.line() + ")", Remedy: badNfcapd}
	case waitErr != nil:
		return waitErr
	case l.sum.Rows == 0 && strings.Contains(strings.ToLower(complaint.String()), "error"):
		return &Fault{Reason: "damaged nfcapd file (" + complaint.line() + ")", Remedy: badNfcapd}
	case complaint.Len() > 0:
		l.sum.Warnings["file: nfdump complains ("+complaint.line()+")"]++
	}
	return nil
}

// nfdumpOutput reads the CSV of either layout, times in UTC.
func nfdumpOutput(out io.Reader, limits Limits, l *loader) error {
	zone := l.options.Zone
	l.hours, l.options.Zone = newHours(time.UTC), time.UTC
	defer func() { l.options.Zone = zone }()
	in := &input{r: bufio.NewReaderSize(out, 256<<10), limits: limits, packed: &meter{}}
	line, err := in.r.Peek(4096)
	if err != nil && err != io.EOF {
		return err
	}
	if len(line) == 0 {
		return nil
	}
	for _, f := range []Format{NfdumpCSV, NfdumpShortCSV} {
		if f.sniff(line) {
			return f.decode(in, l)
		}
	}
	return &Fault{Reason: "nfdump writes columns that are not known", Remedy: "deliver flows as CSV with the columns of minewatch datasets flows"}
}

// unpackFile writes the unpacked stream to a temporary file beside the others
// of the system.
func unpackFile(in *input) (string, error) {
	f, err := os.CreateTemp("", "nfcapd-*")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, in.r)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// A limitedBuffer keeps the beginning of what a program complains about.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := keepBytes - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// line returns the first line.
func (b *limitedBuffer) line() string {
	first, _, _ := strings.Cut(strings.TrimSpace(b.String()), "\n")
	return first
}
