package raw

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/minewatch/minewatch/datasets"
)

// BenchmarkFormats decodes about 170,000 intervals in each of the formats of
// utilities, one core.
func BenchmarkFormats(b *testing.B) {
	var wideText, nem, mapped, xml bytes.Buffer
	wideText.WriteString("site_id,date," + strings.Join(slotNames(48), ",") + "\n")
	mapped.WriteString("Дата;Время;Точка учета;Потребление, кВтч\n")
	nem.WriteString("100,NEM12,202401160000,A,B\n")
	xml.WriteString(`<?xml version="1.0"?><message class="80020"><datetime><day>20240115</day></datetime><area>`)
	for point := range 120 {
		fmt.Fprintf(&nem, "200,NMI%07d,E1,1,E1,N1,1,kWh,30,\n", point)
		fmt.Fprintf(&xml, `<measuringpoint code="%015d" name="x"><measuringchannel code="01">`, point)
		for day := range 30 {
			fmt.Fprintf(&wideText, "KZ-%07d,2024-01-%02d", point, day+1)
			fmt.Fprintf(&nem, "300,202401%02d", day+1)
			for h := range 48 {
				v := float64((h*7919+day*31+point)%2903) / 100
				fmt.Fprintf(&wideText, ",%.2f", v)
				fmt.Fprintf(&nem, ",%.2f", v)
				fmt.Fprintf(&mapped, "%02d.01.2024;%02d:%02d;KZ-%07d;%s\n", day+1, h/2, h%2*30, point, strings.Replace(fmt.Sprintf("%.2f", v), ".", ",", 1))
				fmt.Fprintf(&xml, `<period start="%02d%02d" end="%02d%02d"><value status="0">%.2f</value></period>`+"\n", h/2, h%2*30, (h+1)/2%24, (h+1)%2*30, v)
			}
			wideText.WriteByte('\n')
			nem.WriteString(",A,,,20240116000000,\n")
		}
		xml.WriteString("</measuringchannel></measuringpoint>")
	}
	xml.WriteString("</area></message>")
	nem.WriteString("900\n")
	book := workbook(b, func(f *excelize.File) {
		w, err := f.NewStreamWriter("Sheet1")
		must(b, err)
		must(b, w.SetRow("A1", []any{"site_id", "ts", "kwh"}))
		for i := range 20_000 {
			must(b, w.SetRow(fmt.Sprintf("A%d", i+2), []any{"A", 45000 + float64(i)/48, float64(i%2903) / 100}))
		}
		must(b, w.Flush())
	})
	for _, c := range []struct {
		name    string
		content []byte
	}{{"wide", wideText.Bytes()}, {"russian", mapped.Bytes()}, {"nem12", nem.Bytes()}, {"80020", xml.Bytes()}, {"xlsx", book}} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "file")
			must(b, os.WriteFile(path, c.content, 0o644))
			b.SetBytes(int64(len(c.content)))
			rows := int64(0)
			for b.Loop() {
				sum, err := Read(path, datasets.Lookup("readings"), options(), Sink[datasets.Reading]{
					Accept: func([]datasets.Reading) error { return nil },
					Refuse: func(f Fault) error { return &f },
				})
				if err != nil || sum.Refused != nil || sum.Accepted < 20_000 {
					b.Fatalf("%+v %v", sum, err)
				}
				rows += sum.Accepted
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

func slotNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(i + 1)
	}
	return names
}
