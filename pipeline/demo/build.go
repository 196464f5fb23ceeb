package demo

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A builder writes files below the inbox.
type builder struct {
	inbox string
	sites []site
}

// Build writes the deliveries of the sample below inbox, and truth.csv beside it.
func Build(inbox string) error {
	b := &builder{inbox: inbox}
	var err error
	if b.sites, err = stage(); err != nil {
		return err
	}
	for _, write := range []func() error{
		b.readings, b.feederReadings, b.places, b.weather, b.curtailments, b.registry, b.declarations, b.reports, b.subscribers, b.network,
		b.truth, // last: its presence says that the sample is complete
	} {
		if err := write(); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

// file writes one file below the inbox, compressed if its name says so.
func (b *builder) file(name string, write func(io.Writer) error) error {
	path := filepath.Join(b.inbox, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	buffer := bufio.NewWriterSize(f, 1<<16)
	if !strings.HasSuffix(name, ".gz") {
		return errors.Join(write(buffer), buffer.Flush(), f.Close())
	}
	z, err := gzip.NewWriterLevel(buffer, gzip.BestSpeed)
	if err != nil {
		return err
	}
	return errors.Join(write(z), z.Close(), buffer.Flush(), f.Close())
}

// csv writes a comma-separated file.
func (b *builder) csv(name string, head []string, rows func(row func(...string))) error {
	return b.file(name, func(out io.Writer) error {
		w := csv.NewWriter(out)
		err := w.Write(head)
		rows(func(cells ...string) { err = errors.Join(err, w.Write(cells)) })
		w.Flush()
		return errors.Join(err, w.Error())
	})
}
