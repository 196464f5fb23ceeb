package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// caseCode returns what the QR code of a dossier says, in ASCII: the site, the
// run and the first 16 hexadecimal digits of the SHA-256 of the site's line in
// inspection/sites.csv, without its line end. No address and no BIN.
func caseCode(run *Run, i int) string {
	sum := sha256.Sum256(sitesLine(run, i))
	return safeName(run.Visits[i].SiteID) + ";" + safeName(run.ID) + ";" + hex.EncodeToString(sum[:8])
}

func sitesLine(run *Run, i int) []byte {
	rows := RowsOf(run.Visits)
	var line bytes.Buffer
	w := csv.NewWriter(&line)
	_ = w.Write(csvRecord(rows, i)) // a buffer takes everything
	w.Flush()
	return bytes.TrimRight(line.Bytes(), "\n")
}

// qrModules returns the rows of a QR code, true for black.
func qrModules(content string) ([][]bool, error) {
	code, err := qr.Encode(content, qr.M)
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	rows := make([][]bool, code.Size)
	for y := range rows {
		rows[y] = make([]bool, code.Size)
		for x := range rows[y] {
			rows[y][x] = code.Black(x, y)
		}
	}
	return rows, nil
}

// qrQuiet is the white margin that readers need, in modules (ISO/IEC 18004).
const qrQuiet = 4

// qrSVG draws a QR code with runs of modules as one path.
func qrSVG(content string) (template.HTML, error) {
	rows, err := qrModules(content)
	if err != nil {
		return "", err
	}
	var path strings.Builder
	for y, row := range rows {
		for x := 0; x < len(row); x++ {
			begin := x
			for x < len(row) && row[x] {
				x++
			}
			if x > begin {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", begin+qrQuiet, y+qrQuiet, x-begin, x-begin)
			}
		}
	}
	size := len(rows) + 2*qrQuiet
	return template.HTML(fmt.Sprintf(`<svg class="qr" role="img" aria-label="%s" viewBox="0 0 %d %d"><rect width="100%%" height="100%%" fill="#fff"/><path d="%s"/></svg>`,
		text("dossier.qr"), size, size, path.String())), nil
}
