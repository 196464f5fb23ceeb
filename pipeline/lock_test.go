package pipeline

import (
	"context"
	"errors"
	"testing"
)

// Of two processes in one workspace the second is turned away at once, and let
// in when the first is done.
func TestOneProcessAWorkspace(t *testing.T) {
	ws, err := Init(t.TempDir()+"/ws", InitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := ws.lock()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for name, try := range map[string]func() error{
		"ingest":   func() error { _, err := Ingest(ctx, ws, IngestOptions{}); return err },
		"withdraw": func() error { _, err := Withdraw(ctx, ws, "x.csv", IngestOptions{}); return err },
		"run":      func() error { _, err := Run(ctx, ws, RunOptions{}); return err },
	} {
		if err := try(); !errors.Is(err, ErrBusy) {
			t.Errorf("%s beside another process: %v", name, err)
		}
	}
	unlock()
	if _, err := Ingest(ctx, ws, IngestOptions{}); err != nil {
		t.Errorf("ingest after the other process: %v", err)
	}
}
