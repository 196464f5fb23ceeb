package raw

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"github.com/minewatch/minewatch/datasets"
)

// benchBytes is how large the texts of BenchmarkFormats are at least.
const benchBytes = 32 << 20

// BenchmarkFormats decodes files of each text format on all cores. MB/cpu-s is
// the same by processor time, which a busy machine changes less.
func BenchmarkFormats(b *testing.B) {
	for _, c := range []struct {
		name, table string
		write       func(b *bytes.Buffer, i int) // record i, or header and record 0
	}{
		{"csv", "readings", benchCSV}, {"wide-48", "readings", benchWide}, {"russian", "readings", benchRussian}, {"nem12", "readings", benchNEM12},
		{"80020", "readings", bench80020}, {"espi", "readings", benchESPI},
		{"zeek-conn", "flows", benchZeek}, {"zeek-json", "flows", benchZeekJSON}, {"eve", "flows", benchEVE}, {"goflow2", "flows", benchGoflow},
		{"vpc", "flows", benchVPC}, {"nfdump", "flows", benchNfdump}, {"nat-syslog", "subscribers", benchNAT},
	} {
		b.Run(c.name, func(b *testing.B) {
			var text bytes.Buffer
			for i := 0; text.Len() < benchBytes; i++ {
				c.write(&text, i)
			}
			text.WriteString(benchEnds[c.name])
			content := text.Bytes()
			if c.name == "80020" {
				var err error
				content, err = charmap.Windows1251.NewEncoder().Bytes(content)
				must(b, err)
			}
			switch c.table {
			case "readings":
				benchRead[datasets.Reading](b, c.table, content)
			case "flows":
				benchRead[datasets.Flow](b, c.table, content)
			case "subscribers":
				benchRead[datasets.Subscriber](b, c.table, content)
			}
		})
	}
	b.Run("xlsx", func(b *testing.B) {
		benchRead[datasets.Reading](b, "readings", workbook(b, func(f *excelize.File) {
			w, err := f.NewStreamWriter("Sheet1")
			must(b, err)
			must(b, w.SetRow("A1", []any{"site_id", "ts", "kwh"}))
			for i := range 20_000 {
				must(b, w.SetRow(fmt.Sprintf("A%d", i+2), []any{"A", 45000 + float64(i)/48, float64(i%2903) / 100}))
			}
			must(b, w.Flush())
		}))
	})
}

func benchRead[R any](b *testing.B, table string, content []byte) {
	path := filepath.Join(b.TempDir(), "file")
	must(b, os.WriteFile(path, content, 0o644))
	o := options()
	o.Workers = runtime.GOMAXPROCS(0)
	b.SetBytes(int64(len(content)))
	rows, spent := int64(0), cpuSeconds(b)
	for b.Loop() {
		sum, err := Read(path, datasets.Lookup(table), o, Sink[R]{
			Accept: func([]R) error { return nil },
			Refuse: func(f Fault) error { return &f },
		})
		if err != nil || sum.Refused != nil || sum.Accepted < 20_000 {
			b.Fatalf("%+v %v", sum, err)
		}
		rows += sum.Accepted
	}
	spent = cpuSeconds(b) - spent
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	b.ReportMetric(float64(len(content))*float64(b.N)/spent/1e6, "MB/cpu-s")
}

// cpuSeconds is the processor time of this process so far.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

var benchEnds = map[string]string{"nem12": "900\n", "80020": "</area></message>", "espi": "</feed>"}

// value is some energy in kWh with two decimals.
func value(i int) string { return strconv.FormatFloat(float64(i*7919%2903)/100, 'f', 2, 64) }

func benchCSV(b *bytes.Buffer, i int) {
	if i == 0 {
		b.WriteString("site_id,ts,kwh,quality\n")
	}
	at := time.Date(2022, 1, 1, i%8760, 0, 0, 0, time.UTC)
	fmt.Fprintf(b, "KZ-%07d,%s,%s,measured\n", i/8760, at.Format("2006-01-02T15:04:05"), value(i))
}

func benchDay(i int) time.Time { return time.Date(2023, 1, 1+i%365, 0, 0, 0, 0, time.UTC) }

func benchWide(b *bytes.Buffer, i int) {
	if i == 0 {
		b.WriteString("site_id,date," + strings.Join(slotNames(48), ",") + "\n")
	}
	fmt.Fprintf(b, "KZ-%07d,%s", i/365, benchDay(i).Format(time.DateOnly))
	for h := range 48 {
		b.WriteByte(',')
		b.WriteString(value(i + h))
	}
	b.WriteByte('\n')
}

func benchRussian(b *bytes.Buffer, i int) {
	if i == 0 {
		b.WriteString("Дата;Время;Точка учета;Потребление, кВтч\n")
	}
	fmt.Fprintf(b, "%s;%02d:%02d;KZ-%07d;%s\n", benchDay(i/48).Format("02.01.2006"), i/2%24, i%2*30, i/48/365, strings.Replace(value(i), ".", ",", 1))
}

func benchNEM12(b *bytes.Buffer, i int) {
	if i == 0 {
		b.WriteString("100,NEM12,202401160000,A,B\n")
	}
	if i%365 == 0 {
		fmt.Fprintf(b, "200,NMI%07d,E1,1,E1,N1,1,kWh,30,\n", i/365)
	}
	b.WriteString("300," + benchDay(i).Format("20060102"))
	for h := range 48 {
		b.WriteByte(',')
		b.WriteString(value(i + h))
	}
	b.WriteString(",A,,,20240116000000,\n")
}

func bench80020(b *bytes.Buffer, i int) {
	if i == 0 {
		b.WriteString("<?xml version=\"1.0\" encoding=\"windows-1251\"?>\n<message class=\"80020\" version=\"2\" number=\"17\">\n<datetime>\n<timestamp>20240116031500</timestamp>\n<daylightsavingtime>0</daylightsavingtime>\n<day>20240115</day>\n</datetime>\n<sender>\n<inn>940140000385</inn>\n<name>Сеть</name>\n</sender>\n<area>\n<inn>940140000385</inn>\n<name>Сеть</name>\n")
	}
	fmt.Fprintf(b, "<measuringpoint code=\"%015d\" name=\"Фидер %d\">\n", i, i)
	for _, channel := range []string{"01", "03"} {
		fmt.Fprintf(b, "<measuringchannel code=\"%s\" desc=\"активный приём\">\n", channel)
		for h := range 48 {
			fmt.Fprintf(b, "<period start=\"%02d%02d\" end=\"%02d%02d\"><value status=\"0\">%s</value></period>\n", h/2, h%2*30, (h+1)/2%24, (h+1)%2*30, value(i+h))
		}
		b.WriteString("</measuringchannel>\n")
	}
	b.WriteString("</measuringpoint>\n")
}

func benchESPI(b *bytes.Buffer, i int) {
	if i == 0 {
		b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">
<entry><link rel="self" href="/ReadingType/1"/><content><espi:ReadingType><espi:accumulationBehaviour>4</espi:accumulationBehaviour><espi:flowDirection>1</espi:flowDirection><espi:powerOfTenMultiplier>0</espi:powerOfTenMultiplier><espi:uom>72</espi:uom></espi:ReadingType></content></entry>
<entry><link rel="self" href="/UsagePoint/1/MeterReading/1"/><link rel="related" href="/ReadingType/1"/><content><espi:MeterReading/></content></entry>
`)
	}
	b.WriteString(`<entry><link rel="up" href="/UsagePoint/1/MeterReading/1/IntervalBlock"/><content><espi:IntervalBlock>
`)
	for h := range 96 {
		fmt.Fprintf(b, `<espi:IntervalReading>
 <espi:timePeriod>
  <espi:duration>900</espi:duration>
  <espi:start>%d</espi:start>
 </espi:timePeriod>
 <espi:value>%d</espi:value>
</espi:IntervalReading>
`, 1_600_000_000+(i*96+h)*900, (i+h)*7919%2903)
	}
	b.WriteString("</espi:IntervalBlock></content></entry>\n")
}

func benchZeek(b *bytes.Buffer, i int) {
	if i == 0 {
		b.WriteString("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
			"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n")
	}
	fmt.Fprintf(b, "%d.%06d\tC%d\t10.0.%d.%d\t%d\t198.51.100.%d\t443\ttcp\tssl\t%d.%06d\t%d\t%d\tSF\tT\tF\t0\tShADadfF\t%d\t%d\t%d\t%d\t-\n",
		1_700_000_000+i/50, i%50*20_000, i, i%4000/250, i%250, 32768+i%28000, i%200, i%300, i%1_000_000, i%5000, i%90_000, i%40, i%7000, i%60, i%99_000)
}

func benchZeekJSON(b *bytes.Buffer, i int) {
	fmt.Fprintf(b, `{"ts":%d.%06d,"uid":"CNnMIj2QSd84NKf%d","id.orig_h":"10.0.%d.%d","id.orig_p":%d,"id.resp_h":"198.51.100.%d","id.resp_p":443,"proto":"tcp","service":"ssl","duration":%d.%06d,"orig_bytes":%d,"resp_bytes":%d,"conn_state":"SF","local_orig":true,"local_resp":false,"missed_bytes":0,"history":"ShADadfF","orig_pkts":%d,"orig_ip_bytes":%d,"resp_pkts":%d,"resp_ip_bytes":%d}`+"\n",
		1_700_000_000+i/50, i%50*20_000, i, i%4000/250, i%250, 32768+i%28000, i%200, i%300, i%1_000_000, i%5000, i%90_000, i%40, i%7000, i%60, i%99_000)
}

func benchEVE(b *bytes.Buffer, i int) {
	begun := time.Unix(1_700_000_000+int64(i/50), int64(i%50*20_000_000)).UTC()
	const layout = "2006-01-02T15:04:05.000000-0700"
	fmt.Fprintf(b, `{"timestamp":"%s","flow_id":%d,"in_iface":"eth0","event_type":"flow","src_ip":"10.0.%d.%d","src_port":%d,"dest_ip":"198.51.100.%d","dest_port":443,"proto":"TCP","app_proto":"tls","flow":{"pkts_toserver":%d,"pkts_toclient":%d,"bytes_toserver":%d,"bytes_toclient":%d,"start":"%s","end":"%s","age":%d,"state":"closed","reason":"timeout","alerted":false},"tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true,"fin":true,"psh":true,"ack":true,"state":"closed"}}`+"\n",
		begun.Add(time.Minute).Format(layout), 1_000_000_000_000+i, i%4000/250, i%250, 32768+i%28000, i%200, i%40, i%60, i%5000, i%90_000, begun.Format(layout), begun.Add(30*time.Second).Format(layout), 30)
}

func benchGoflow(b *bytes.Buffer, i int) {
	ns := 1_700_000_000_000_000_000 + int64(i)*20_000_000
	fmt.Fprintf(b, `{"type":"IPFIX","time_received_ns":%d,"sequence_num":%d,"sampling_rate":1,"sampler_address":"192.0.2.1","time_flow_start_ns":%d,"time_flow_end_ns":%d,"bytes":%d,"packets":%d,"src_addr":"10.0.%d.%d","dst_addr":"198.51.100.%d","etype":"IPv4","proto":"TCP","src_port":%d,"dst_port":443,"in_if":1,"out_if":2,"src_mac":"00:00:00:00:00:00","dst_mac":"00:00:00:00:00:00","tcp_flags":27,"src_as":65001,"dst_as":65002}`+"\n",
		ns+60_000_000_000, i, ns, ns+30_000_000_000, i%90_000+40, i%60+1, i%4000/250, i%250, i%200, 32768+i%28000)
}

func benchVPC(b *bytes.Buffer, i int) {
	if i == 0 {
		b.WriteString("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n")
	}
	fmt.Fprintf(b, "2 123456789010 eni-1235b8ca123456789 10.0.%d.%d 198.51.100.%d %d 443 6 %d %d %d %d ACCEPT OK\n",
		i%4000/250, i%250, i%200, 32768+i%28000, i%60+1, i%90_000+40, 1_700_000_000+i/50, 1_700_000_060+i/50)
}

func benchNfdump(b *bytes.Buffer, i int) {
	if i == 0 {
		b.WriteString("ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,cl,sl,al,ra,eng,exid,tr\n")
	}
	begun := time.Unix(1_700_000_000+int64(i/50), 0).UTC()
	fmt.Fprintf(b, "%s,%s,30.000,10.0.%d.%d,198.51.100.%d,%d,443,TCP,...AP.SF,0,0,%d,%d,0,0,1,2,65001,65002,24,24,0,0,0.0.0.0,0.0.0.0,0,0,00:00:00:00:00:00,00:00:00:00:00:00,00:00:00:00:00:00,00:00:00:00:00:00,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,    0.000,    0.000,    0.000,192.0.2.1,0/0,1,1970-01-01 00:00:00.000\n",
		begun.Format(time.DateTime), begun.Add(30*time.Second).Format(time.DateTime), i%4000/250, i%250, i%200, 32768+i%28000, i%60+1, i%90_000+40)
}

func benchNAT(b *bytes.Buffer, i int) {
	at := time.Unix(1_700_000_000+int64(i/50), 0).UTC()
	fmt.Fprintf(b, "%s  cgn-1 (FPC Slot 2, PIC Slot 0) %s [FWNAT]:ASP_NAT_PORT_BLOCK_ALLOC: 100.64.%d.%d -> 203.0.113.%d:%d-%d\n",
		at.Format(time.Stamp), at.Format(time.DateTime), i%4000/250, i%250, i%200, 1024+i%600*100, 1123+i%600*100)
}

func slotNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(i + 1)
	}
	return names
}
