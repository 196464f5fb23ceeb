package pipeline

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"aead.dev/minisign"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// PublicKeyName is the file with which anyone can check a run's signature,
// with minewatch verify or with minisign.
const PublicKeyName = "minewatch.pub"

// keyPath is where the private key lies. It has no password, so that a run
// needs nobody at a keyboard; its mode keeps other users of the machine out.
// Move the workspace's .keys folder to a protected place, and link it, where
// that is not enough.
func (ws *Workspace) keyPath() string { return filepath.Join(ws.Dir, ".keys", "minewatch.key") }

// makeKey makes the key pair in minisign's format if there is none.
func (ws *Workspace) makeKey() error {
	if _, err := os.Stat(ws.keyPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	pub, key, err := minisign.GenerateKey(nil)
	if err != nil {
		return fmt.Errorf("make the signing key: %w", err)
	}
	private, err := key.MarshalText()
	if err != nil {
		return fmt.Errorf("make the signing key: %w", err)
	}
	public, err := pub.MarshalText()
	if err != nil {
		return fmt.Errorf("make the signing key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(ws.keyPath()), 0o700); err != nil {
		return err
	}
	if err := store.WriteFile(ws.Path(PublicKeyName), append(public, '\n')); err != nil {
		return err
	}
	// The private key last: it is the one whose presence says that there is a pair.
	return writePrivate(ws.keyPath(), append(private, '\n'))
}

func writePrivate(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// Key returns the key with which runs are signed.
func (ws *Workspace) Key() (minisign.PrivateKey, error) {
	var key minisign.PrivateKey
	text, err := os.ReadFile(ws.keyPath())
	if errors.Is(err, fs.ErrNotExist) {
		return key, fmt.Errorf("no signing key at %s; restore it, or run minewatch init %s to make a new pair", ws.keyPath(), ws.Dir)
	}
	if err != nil {
		return key, fmt.Errorf("read the signing key: %w", err)
	}
	if err := checkPrivate(ws.keyPath()); err != nil {
		return key, err
	}
	if err := key.UnmarshalText(text); err != nil {
		return key, fmt.Errorf("%s: %w; it must be a minisign key without a password", ws.keyPath(), err)
	}
	return key, nil
}

// secretPath is where the key of pseudonyms lies.
func (ws *Workspace) secretPath() string { return filepath.Join(ws.Dir, ".keys", "pseudonym.key") }

// Secret returns the key of the workspace's pseudonyms, and makes it when it is
// first needed: 32 random bytes in hexadecimal, readable by the owner alone. Without
// it old pseudonyms cannot be joined with new ones.
func (ws *Workspace) Secret() (datasets.Secret, error) {
	text, err := os.ReadFile(ws.secretPath())
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("make the key of pseudonyms: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(ws.secretPath()), 0o700); err != nil {
			return nil, err
		}
		return key, writePrivate(ws.secretPath(), []byte(hex.EncodeToString(key)+"\n"))
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of pseudonyms: %w", err)
	}
	if err := checkPrivate(ws.secretPath()); err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s: want 64 hexadecimal digits; restore it from a copy", ws.secretPath())
	}
	return key, nil
}

// checkPrivate refuses a secret that other users of the machine can read.
func checkPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" { // no such modes there
		return fmt.Errorf("%s is open to other users (mode %04o); give it mode 0600, and make a new pair if anyone may have read it", path, mode)
	}
	return nil
}

// publicKey returns the public half of the key with which runs are signed.
func (ws *Workspace) publicKey() (minisign.PublicKey, error) {
	key, err := ws.Key()
	if err != nil {
		return minisign.PublicKey{}, err
	}
	public, ok := key.Public().(minisign.PublicKey)
	if !ok {
		return public, fmt.Errorf("%s: the key has no public half", ws.keyPath())
	}
	return public, nil
}
