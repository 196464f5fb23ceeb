package datasets

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A Kind says how a delivered value is read and how a column prints.
type Kind int

// The kinds of columns. Each is read by the decoder of the same name in
// datasets/raw.
const (
	Text     Kind = iota
	Int           // whole number
	Float         // decimal number
	Energy        // decimal kWh as delivered, whole Wh on disk
	Money         // decimal KZT as delivered, whole tiyn on disk
	Instant       // RFC 3339; local time of the workspace's zone without an offset
	Date          // YYYY-MM-DD
	QuarterK      // 2023Q1
	QualityK      // measured, estimated, missing
	IP            // address, canonical
	Host          // host name, lower case, no trailing dot
	Proto         // tcp, udp, icmp, or a number
	Bool          // true or false; only in results
	Prefix        // address or prefix in CIDR notation, canonical
	Reactive      // decimal kvarh as delivered, whole varh on disk
)

var kindNames = [...]string{"text", "integer", "number", "energy", "money", "instant", "date", "quarter", "quality", "address", "host name", "protocol", "boolean", "address or prefix", "reactive energy"}

func (k Kind) String() string { return kindNames[k] }

// A Role says where a table lives.
type Role int

// The roles of tables.
const (
	Input   Role = iota // delivered to inbox/<name>, kept in lake/<name>
	Derived             // computed, kept in lake/<name>
	Result              // written into a run's folder
)

func (r Role) String() string { return [...]string{"input", "derived", "result"}[r] }

// A Column describes one column of a table.
type Column struct {
	Name     string // on disk
	In       string // as delivered; "" if nobody delivers it
	Kind     Kind
	Key      bool // part of the key; a later delivery supersedes a row of equal key
	Required bool // must be present in every delivered row; not every key column is required
	PII      bool // personal data
	Privacy  Privacy
	Unit     string
	DiskUnit string
	Digits   int // decimals in text outputs, -1 for the shortest exact form
	OneOf    []string
	Min, Max float64 // bounds of a number; both 0 if unbounded
	Doc      string
	// References is the column, as table.column, whose values this one repeats. A
	// value that is not there is taken, and told on the quality page.
	References string
	Index      []int // reflect index of the field
}

// Referenced returns the table and the column that References names.
func (c Column) Referenced() (*Table, *Column) {
	table, column, _ := strings.Cut(c.References, ".")
	t := Lookup(table)
	if t == nil {
		return nil, nil
	}
	return t, t.Column(column)
}

// TypeName names the type as delivered, with its unit: "number, kW".
func (c Column) TypeName() string {
	if c.Unit == "" {
		return c.Kind.String()
	}
	return c.Kind.String() + ", " + c.Unit
}

// Meaning is Doc with the allowed values or bounds and the column that is
// referred to.
func (c Column) Meaning() string {
	s := c.Doc
	if len(c.OneOf) > 0 {
		s += ": " + strings.Join(c.OneOf, ", ")
	}
	switch {
	case c.Min == 0 && c.Max == 0:
	case c.Max == maxNumber:
		s += fmt.Sprintf("; %v or more", c.Min)
	default:
		s += fmt.Sprintf("; %v to %v", c.Min, c.Max)
	}
	if c.References != "" {
		s += "; refers to " + c.References
	}
	return s
}

// Bounds returns the least and greatest value of a number, nil where there is
// none.
func (c Column) Bounds() (least, most *float64) {
	if c.Min == 0 && c.Max == 0 {
		return nil, nil
	}
	if c.Max == maxNumber {
		return &c.Min, nil
	}
	return &c.Min, &c.Max
}

// A Table describes one table.
type Table struct {
	Name    string
	Doc     string
	Role    Role
	Row     reflect.Type
	Columns []Column
	// BucketBy and YearBy name the columns that divide the table on disk; "" if it is one file.
	BucketBy, YearBy string
	// File is where a run writes a result, "" otherwise.
	File string
}

// Key returns the names on disk of the key columns.
func (t *Table) Key() []string {
	var key []string
	for _, c := range t.Columns {
		if c.Key {
			key = append(key, c.Name)
		}
	}
	return key
}

// Column returns the column with this name on disk, or nil.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Delivered returns the columns that senders deliver.
func (t *Table) Delivered() []Column {
	var in []Column
	for _, c := range t.Columns {
		if c.In != "" {
			in = append(in, c)
		}
	}
	return in
}

// Catalog lists every table: inputs in the order in which they are taken in,
// then derived tables, then results.
var Catalog = []*Table{
	input[Site]("sites", "Metering points and accounts.", "", ""),
	input[Reading]("readings", "Interval readings of meters.", "site_id", "ts"),
	input[Billing]("billing", "Billing periods of accounts without interval meters.", "site_id", ""),
	input[FeederReading]("feeder_readings", "Energy that entered feeders and transformers.", "", ""),
	input[Weather]("weather", "Air temperature by region.", "", ""),
	input[Curtailment]("curtailments", "Windows in which supply was cut or rationed.", "", ""),
	input[RegistryEntry]("registry", "Notices and licences of miners and infrastructure providers.", "", ""),
	input[QuarterlyReport]("quarterly_reports", "Quarterly information from registered miners.", "", ""),
	input[Declaration]("declarations", "Declared mining energy and fee.", "", ""),
	input[Subscriber]("subscribers", "Who used an address or a block of its ports, and when.", "", ""),
	input[Flow]("flows", "Flow records.", "src_ip", "ts"),
	input[DNS]("dns", "DNS queries.", "client_ip", "ts"),
	input[TLS]("tls", "TLS handshakes.", "src_ip", "ts"),
	input[Pool]("pools", "Endpoints of mining pools, added to the list that ships with the program.", "", ""),
	input[KnownService]("known_services", "Services that must never be proposed for blocking.", "", ""),
	input[Outcome]("outcomes", "What inspections found.", "", ""),

	derived[LoadProfile]("load_profile", "One site in one month, from the hourly series.", "site_id"),
	derived[SiteLoad]("site_load", "One site over all its hourly data.", "site_id"),
	derived[ReadingDoubt]("reading_doubts", "What is possible but doubtful in the readings of a site.", "site_id"),
	derived[FlowSession]("flow_session", "Connections of half an hour and more, stitched across export timeouts.", "client_ip"),
	derived[FlowDay]("flow_day", "Traffic of one client with one server port in a day.", "client_ip"),
	derived[FlowProfile]("flow_profile", "All traffic of one client with one server port.", ""),
	derived[ServerName]("server_name", "Names that one client had resolved, by the address answered.", "client_ip"),
	derived[PoolJob]("pool_job", "What listed pools sent their clients in large packets, of sampled records.", "client_ip"),
	derived[ServerEndpoint]("server_endpoint", "How many clients in the network use a server port.", ""),
	derived[Evidence]("load_evidence", "What the electricity detectors say of the load of each site.", "site_id"),
	derived[Evidence]("peer_evidence", "What the electricity detectors say of each site beside its peers.", "site_id"),
	derived[MiningEnergy]("mining_energy", "Estimated mining energy by site and quarter.", "site_id"),
	derived[Evidence]("billing_evidence", "What the monthly bills of a site without interval readings say.", "site_id"),
	derived[Evidence]("group_evidence", "What meters of one place or holder say of each other together.", ""),
	derived[MiningEnergy]("group_energy", "Energy of the blocks that meters of one place or holder share, by site and quarter.", ""),
	derived[Evidence]("feeder_evidence", "What the balance of its feeder says of each site.", ""),
	derived[MiningEnergy]("feeder_energy", "Energy of the block in a feeder's loss by site that it may be, and quarter.", ""),

	result[Score]("scores", "The verdict on every site.", "scores.parquet"),
	result[Evidence]("evidence", "Every piece of evidence.", "evidence.parquet"),
	result[ScoreTerm]("score_terms", "What each piece of evidence adds to a site's log-odds.", "score_terms.parquet"),
	result[Visit]("visits", "Sites proposed for a visit, best first.", "inspection/sites.csv"),
	result[HitRate]("hit_rates", "How often visits found mining, by team, month, detector, and how the site came onto the list.", "inspection/hit_rates.csv"),
	result[LookAlike]("lookalikes", "Sites that are like those in which mining was found: leads, no evidence.", "inspection/lookalikes.csv"),
	result[StatementLine]("statement", "Back-calculated tax (fee) by site and quarter.", "tax/statement.csv"),
	result[Breach]("breaches", "Breaches of registry rules.", "compliance/registry.csv"),
	result[Candidate]("candidates", "Proposed restrictions of endpoints.", "telecom/candidates.csv"),
	result[Revocation]("revocations", "Blocks of an earlier run that are no longer proposed.", "telecom/revocations.csv"),
	result[FlowRule]("flow_rules", "Blocks for single subscribers, where the subscriber's address is known.", "telecom/flow_rules.csv"),
	result[ProposedPool]("proposed_pools", "Endpoints that the list of pools may lack, for a person to accept into inbox/pools.", "telecom/proposed_pools.csv"),
	result[SubscriberSeen]("subscribers_seen", "Subscribers seen mining, for the provider that owns them.", "telecom/subscribers.csv"),
}

// Lookup returns the table of this name, or nil.
func Lookup(name string) *Table {
	for _, t := range Catalog {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Inputs returns the tables that are delivered.
func Inputs() []*Table {
	var in []*Table
	for _, t := range Catalog {
		if t.Role == Input {
			in = append(in, t)
		}
	}
	return in
}

// TableOf returns the columns of any row type that carries the tags.
func TableOf[R any]() *Table { return describe[R]("", "", Result) }

func input[R any](name, doc, bucketBy, yearBy string) *Table {
	t := describe[R](name, doc, Input)
	t.BucketBy, t.YearBy = bucketBy, yearBy
	return t
}

func derived[R any](name, doc, bucketBy string) *Table {
	t := describe[R](name, doc, Derived)
	t.BucketBy = bucketBy
	return t
}

func result[R any](name, doc, file string) *Table {
	t := describe[R](name, doc, Result)
	t.File = file
	return t
}

func describe[R any](name, doc string, role Role) *Table {
	row := reflect.TypeFor[R]()
	t := &Table{Name: name, Doc: doc, Role: role, Row: row}
	for _, f := range reflect.VisibleFields(row) {
		if tag, ok := f.Tag.Lookup("parquet"); ok && tag != "-" {
			t.Columns = append(t.Columns, column(f, tag))
		}
	}
	return t
}

var kindsByType = map[reflect.Type]Kind{
	reflect.TypeFor[Micros]():  Instant,
	reflect.TypeFor[Day]():     Date,
	reflect.TypeFor[Quarter](): QuarterK,
	reflect.TypeFor[Quality](): QualityK,
	reflect.TypeFor[Wh]():      Energy,
	reflect.TypeFor[Tiyn]():    Money,
}

var kindsByOption = map[string]Kind{"energy": Energy, "money": Money, "ip": IP, "host": Host, "proto": Proto, "prefix": Prefix, "reactive": Reactive}

// column reads the tags of one field. A malformed tag is a bug of this
// package and panics; the tests describe every table.
func column(f reflect.StructField, parquetTag string) Column {
	c := Column{Index: f.Index, Doc: f.Tag.Get("doc"), DiskUnit: f.Tag.Get("unit"), Digits: -1}
	var options string
	c.Name, options, _ = strings.Cut(parquetTag, ",")
	optional := strings.Contains(","+options+",", ",optional,")
	if d := f.Tag.Get("fmt"); d != "" {
		c.Digits = atoi(d)
	}
	kind, typed := kindsByType[f.Type]
	switch {
	case typed:
		c.Kind = kind
	case f.Type.Kind() == reflect.String:
		c.Kind = Text
	case f.Type.Kind() == reflect.Float64:
		c.Kind = Float
	case f.Type.Kind() == reflect.Bool:
		c.Kind = Bool
	default:
		c.Kind = Int
	}
	c.Privacy = privacyOf(f.Tag, c.Name)
	c.PII = c.Privacy.Personal()
	in := strings.Split(f.Tag.Get("in"), ",")
	c.In = in[0]
	c.Unit = c.DiskUnit
	for _, o := range in[1:] {
		name, value, _ := strings.Cut(o, "=")
		switch name {
		case "key":
			c.Key = true
			c.Required = !optional
		case "required":
			c.Required = true
		case "pii":
			c.PII = true
		case "unit":
			c.Unit = value
		case "ref":
			c.References = value
		case "oneof":
			c.OneOf = strings.Split(value, "|")
		case "min":
			c.Min = float64(atoi(value))
			if c.Max == 0 {
				c.Max = maxNumber
			}
		case "max":
			c.Max = float64(atoi(value))
		default:
			k, ok := kindsByOption[name]
			if !ok {
				panic(fmt.Sprintf("datasets: unknown option %q on %s", o, f.Name))
			}
			c.Kind = k
		}
	}
	return c
}

// maxNumber bounds a number of which only the lower bound is given.
const maxNumber = 1 << 53

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic("datasets: " + err.Error())
	}
	return n
}
