package export

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// plainName matches the site ids that can be file names as they are, on every
// common file system and in every shell.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// deviceName matches what Windows takes for a device, whatever follows the dot.
var deviceName = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)

// safeName returns a file name, without ending, for a site id: the id itself if
// that is harmless, else its harmless characters and a hash of the whole. The
// "~" before the hash occurs in no plain name, so the two forms never collide.
func safeName(id string) string {
	if plainName.MatchString(id) && !deviceName.MatchString(id) && !strings.HasSuffix(id, ".") {
		return id
	}
	return hashedName(id)
}

func hashedName(id string) string {
	kept := strings.Map(func(r rune) rune {
		if r < 128 && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '-'
	}, id)
	sum := sha256.Sum256([]byte(id))
	return "site-" + strings.Trim(kept[:min(len(kept), 40)], "-") + "~" + hex.EncodeToString(sum[:6])
}

// dossierNames returns the file name of each visit's dossier. Ids that differ
// in case only get the hash as well, from the second on: some file systems see
// no difference.
func dossierNames(visits []datasets.Visit) []string {
	taken := map[string]bool{}
	names := make([]string, len(visits))
	for i, v := range visits {
		name := safeName(v.SiteID)
		if taken[strings.ToLower(name)] {
			name = hashedName(v.SiteID)
		}
		taken[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}
