package raw

import (
	"bufio"
	"bytes"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// recode reads the stream as windows-1251 if its head is text in that
// encoding and not UTF-8, and returns the new head.
func (in *input) recode(head []byte) ([]byte, error) {
	if validHead(head) || !isWindows1251(head) {
		return head, nil
	}
	in.encoding = "windows-1251"
	in.r = bufio.NewReaderSize(transform.NewReader(in.r, charmap.Windows1251.NewDecoder()), 256<<10)
	return in.head()
}

// isWindows1251 reports whether text has Cyrillic letters in windows-1251: of
// the bytes above ASCII nine in ten are letters (or the signs № « » and the
// space that does not break), and most stand beside another, as letters of
// words do. In Latin-1 they stand alone; in UTF-8 every second one is no
// letter here.
func isWindows1251(text []byte) bool {
	high, letters, beside := 0, 0, 0
	for i, b := range text {
		if b == 0 || b == 0x98 { // 0x98 is not assigned
			return false
		}
		if b < 0x80 {
			continue
		}
		high++
		if b >= 0xC0 || bytes.IndexByte([]byte{0xA8, 0xB8, 0xB9, 0xAB, 0xBB, 0xA0, 0xB7}, b) >= 0 {
			letters++
		}
		if i > 0 && text[i-1] >= 0xC0 || i+1 < len(text) && text[i+1] >= 0xC0 {
			beside++
		}
	}
	return high > 0 && letters*10 >= high*9 && beside*2 >= high
}
