package raw

import (
	"archive/zip"
	"bufio"
	"errors"
	"io"
	"strings"
	"time"
)

// Limits of zip archives. A member may itself be packed, but not an archive.
const maxMembers = 10_000

var zipMagic, emptyZip = []byte("PK\x03\x04"), []byte("PK\x05\x06")

// zip reads an archive: a workbook as such, any other member by member, in the
// order of the archive, as if they were one file. The lines of a member count
// from the end of the one before it.
func (in *input) zip(l *loader) error {
	if in.packing != "" {
		return &Fault{Reason: "zip archive packed once more", Remedy: "deliver the archive itself"}
	}
	info, err := in.file.Stat()
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(in.file, info.Size())
	if err != nil {
		return damagedZip(err)
	}
	if len(archive.File) > maxMembers {
		return &Fault{Reason: "too many files in the zip archive", Remedy: "deliver it in parts"}
	}
	// One guard over all members: overlapping ones multiply the size as well.
	total := &guard{packed: &meter{n: info.Size()}, limits: in.limits, began: time.Now()}
	var files []*zip.File
	for _, f := range archive.File {
		if f.Name == "xl/workbook.xml" {
			return XLSX{}.workbook(in, archive, total, l)
		}
		if !f.FileInfo().IsDir() && !strings.HasPrefix(f.Name, "__MACOSX/") {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return &Fault{Reason: "empty file", Remedy: "the zip archive has no file in it; ask the sender to deliver it again"}
	}
	format := ""
	for _, f := range files {
		if len(files) > 1 {
			l.member = f.Name
		}
		l.reset()
		if err := in.zipMember(f, total, l); err != nil {
			return err
		}
		if format != "" && l.sum.Format != format {
			return &Fault{Reason: "files of different formats in one zip archive", Remedy: "deliver them one by one: " + format + " and " + l.sum.Format}
		}
		format = l.sum.Format
		l.lines = l.reached
	}
	l.sum.Format += ";zip"
	return nil
}

func damagedZip(err error) *Fault {
	return &Fault{Reason: "damaged zip data (" + err.Error() + ")", Remedy: "ask the sender to deliver the file again"}
}

func (in *input) zipMember(f *zip.File, total *guard, l *loader) error {
	where := func(err error) error {
		var fault *Fault
		if errors.As(err, &fault) && l.member != "" {
			about := *fault
			about.Reason = f.Name + ": " + about.Reason
			return &about
		}
		return err
	}
	if f.Flags&1 != 0 {
		return where(&Fault{Reason: "zip archive with a password", Remedy: "deliver it without"})
	}
	r, err := f.Open()
	if err != nil {
		return where(damagedZip(err))
	}
	defer r.Close()
	total.r = r
	member := &input{path: "", packing: "zip", file: in.file, packed: in.packed, limits: in.limits, closer: func() {}}
	member.r = bufio.NewReaderSize(total, 256<<10)
	err = member.stream(l)
	if err == nil {
		_, err = io.Copy(io.Discard, member.r) // up to the check sum
	}
	return where(member.explain(err))
}

// reset forgets what the header of the member before said.
func (l *loader) reset() {
	l.sum.Columns, l.layout = nil, nil
	clear(l.alias)
}
