package pipeline

import (
	"fmt"
	"os"
	"sync"

	"github.com/minewatch/minewatch/datasets/store"
)

// codeVersion identifies what computes: the version and commit of a release,
// the program file itself of a development build. Results of other code are
// not reused.
var codeVersion = sync.OnceValues(func() (string, error) {
	p := ThisProgram()
	if p.Version != "(devel)" && p.Version != "" {
		return p.Version + " " + p.Revision, nil
	}
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("identify the program: %w", err)
	}
	sum, err := store.HashFile(path)
	if err != nil {
		return "", fmt.Errorf("identify the program: %w", err)
	}
	return sum, nil
})
