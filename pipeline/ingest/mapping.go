package ingest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets/raw"
	"github.com/minewatch/minewatch/datasets/store"
)

// A Mapping says how files of one dataset with another header are read.
type Mapping struct {
	Name    string // for people, e.g. "ingest.mappings[2]"
	Dataset string
	Files   string         // glob of the path below inbox/<dataset>; ** stands for any folders
	Pattern *regexp.Regexp // matched against that path; its named groups are columns; may be nil
	raw.Mapping
}

// mapping returns the first mapping for a file, nil if there is none, and the
// values that the file's name gives.
func (o *Options) mapping(f found) (*Mapping, map[string]string) {
	below := strings.TrimPrefix(f.path, inboxDir+"/"+f.dataset+"/")
	for i := range o.Mappings {
		m := &o.Mappings[i]
		if m.Dataset == f.dataset && matches(m.Files, below) {
			return m, m.given(below)
		}
	}
	return nil, nil
}

func (m *Mapping) given(below string) map[string]string {
	if m.Pattern == nil {
		return nil
	}
	groups := m.Pattern.FindStringSubmatch(below)
	values := map[string]string{}
	for i, name := range m.Pattern.SubexpNames() {
		if name != "" && i < len(groups) {
			values[name] = groups[i]
		}
	}
	return values
}

// matches reports whether a path matches a glob, segment by segment.
func matches(glob, name string) bool {
	return glob == "" || matchSegments(strings.Split(glob, "/"), strings.Split(name, "/"))
}

func matchSegments(glob, name []string) bool {
	for ; len(glob) > 0; glob, name = glob[1:], name[1:] {
		if glob[0] == "**" {
			for i := range len(name) + 1 {
				if matchSegments(glob[1:], name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, err := path.Match(glob[0], name[0]); !ok || err != nil {
			return false
		}
	}
	return len(name) == 0
}

// CheckGlob reports a malformed glob.
func CheckGlob(glob string) error {
	_, err := path.Match(glob, "")
	return err
}

// readingOf fingerprints how a file is read: as others are, or by its mapping.
func (r *run) readingOf(f hashed) string {
	if f.mapping == nil {
		return r.reading
	}
	m := f.mapping.Mapping
	zone := ""
	if m.Zone != nil {
		zone = m.Zone.String()
	}
	m.Zone = nil
	return store.Fingerprint(r.reading, fmt.Sprintf("%+v", m), zone, f.given)[:16]
}

// given writes values from a file's name as one text.
func given(values map[string]string) string {
	var list []string
	for k, v := range values {
		list = append(list, k+"="+v)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
