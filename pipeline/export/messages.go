package export

import "github.com/minewatch/minewatch/pipeline/export/i18n"

// text returns the English message of a key. Pages change their language in the
// browser; papers and workbooks ask package i18n in the language they are in.
func text(key string, args ...any) string { return i18n.Text(i18n.English, key, args...) }

// label returns the English message of a code that comes with the data, and the
// code itself if it is none of ours.
func label(group, code string) string { return i18n.Label(i18n.English, group, code) }
