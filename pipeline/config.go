package pipeline

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

// Config holds the settings of a workspace. [Default] is the only list of
// defaults; minewatch.yaml is generated from the tags here and decoded over
// the defaults. A tag unit names the unit, doc explains the setting.
type Config struct {
	Zone     string `yaml:"zone" unit:"IANA time zone" doc:"Zone of local times: deliveries without an offset, calendar days, quarters. The tz database decides the offset, that of Kazakhstan changed on 2024-03-01."`
	Buckets  int    `yaml:"buckets" unit:"power of two" doc:"Number of parts into which sites and addresses are divided on disk. Fixed when the workspace is made: changing it means ingesting everything again. 100 to 1,000 sites a bucket read well."`
	AsOf     Date   `yaml:"as_of" unit:"YYYY-MM-DD" doc:"Day on which due dates, limitation and the validity of proposals are reckoned. Empty: the day after the last data in the workspace, never the computer's clock, so that the same input gives the same output."`
	Language string `yaml:"language" unit:"en, ru or kk" doc:"Language of the printed dossiers (PDF): English, Russian or Kazakh. Web pages have all three."`
	Seed     int64  `yaml:"seed" doc:"Seed of everything drawn at random."`

	Limits  Limits  `yaml:"limits" doc:"What the program may use, and what it tolerates."`
	Intake  Intake  `yaml:"ingest" doc:"Reading of delivered files."`
	Traffic Traffic `yaml:"traffic" doc:"Reading of network logs."`
	Scoring Scoring `yaml:"score" doc:"From evidence to the list of proposed visits."`
	Tax     Tax     `yaml:"tax" doc:"From mining energy to tax (fee)."`
	Visits  Visits  `yaml:"visits" doc:"Order and grouping of visits."`
}

// Limits bound what a run may use and how much bad input it accepts.
type Limits struct {
	Workers    int     `yaml:"workers" unit:"threads" doc:"Tasks run at once. 0: one for each core. Results do not depend on it."`
	Memory     MiB     `yaml:"memory_limit" unit:"MiB or GiB" doc:"Memory for joins and sorts; what does not fit is spilled to disk."`
	Line       MiB     `yaml:"max_line" unit:"MiB" doc:"Longest line, quoted record or XML element of a delivered file; a longer line is a refused row. Changing this or one of the next five has all deliveries read again."`
	Columns    int     `yaml:"max_columns" unit:"columns" doc:"Most columns of a delivered table."`
	Depth      int     `yaml:"max_depth" unit:"XML elements" doc:"Most XML elements within each other."`
	Rows       int64   `yaml:"max_rows" unit:"rows" doc:"Most rows of one delivered file. 0: any number."`
	File       MiB     `yaml:"max_file" unit:"MiB or GiB" doc:"Largest delivered file, unpacked. 0MiB: any size; files are streamed."`
	Ratio      int64   `yaml:"max_ratio" unit:"times" doc:"How many times its packed size a delivered file may have unpacked, from 64 MiB on."`
	TimeS      int     `yaml:"max_time_s" unit:"s" doc:"Longest time of one ingest or run. It then stops with an error, nothing is half-written, and the next goes on where it stopped. 0: any time."`
	Quarantine float64 `yaml:"quarantine_limit" unit:"share of rows, 0 to 1" doc:"Past this share of refused rows the exit code is 3. The run is finished all the same."`
}

func defaultLimits() Limits {
	r := raw.DefaultLimits()
	return Limits{
		Memory: 2048, Quarantine: 0.01,
		Line: MiB(r.LineBytes >> 20), Columns: r.Columns, Depth: r.Depth, Rows: r.Rows, File: MiB(r.Bytes >> 20), Ratio: r.Ratio,
	}
}

// OfFile returns what one delivered file may have.
func (l Limits) OfFile() raw.Limits {
	r := raw.DefaultLimits()
	r.LineBytes, r.Columns, r.Depth, r.Rows = int(l.Line)<<20, l.Columns, l.Depth, l.Rows
	r.Bytes, r.Ratio = int64(l.File)<<20, l.Ratio
	return r
}

// Traffic settings concern network logs.
type Traffic struct {
	FlowGapS   int      `yaml:"flow_gap_s" unit:"s" doc:"Flow records of one connection that lie no further apart are one session: exporters cut long sessions into many records."`
	MMDB       []string `yaml:"mmdb" unit:"files" doc:"MMDB files that say whose an address is and where, e.g. [geo/asn.mmdb]. Paths are relative to the workspace. Without any, those columns stay empty."`
	BlockTimes []string `yaml:"block_times" unit:"files" doc:"When Bitcoin blocks were found: the log of a node of your own (Bitcoin Core's debug.log; the name ends in .log), or CSV files whose first column is a time (RFC 3339 or seconds since 1970), e.g. [debug.log] or [blocks.csv]. Pools tell their miners of a block at once, which no encryption hides. Of sampled flows little can be told, and more the nearer the times are to when pools heard of the block: a node notes that to a second, where lists of headers are off by half a minute. Name one of them, not both. Of sampled flows the jobs that listed pools send other clients are a clock, too, where there are hundreds of such sessions. Paths are relative to the workspace. Without any, traffic/blocks says nothing of flows that are not sampled."`
	MaxBlocks  int      `yaml:"max_blocks" unit:"rows" doc:"Circuit breaker: if a run would propose more endpoints for a block than this, it proposes none and asks for a review. 0: no limit."`
}

// Scoring settings turn evidence into proposals.
type Scoring struct {
	Prior     float64 `yaml:"prior" unit:"probability" doc:"Share of sites expected to mine before any evidence."`
	ProposeAt float64 `yaml:"propose_at" unit:"probability" doc:"Sites at least this probable are proposed for a visit if nobody answers for the mining."`
	FDR       float64 `yaml:"fdr" unit:"share of visits, 0 to 1" doc:"False discovery rate that the list is cut to: sites with a larger q-value are not proposed. 1: no cut; how many of the list are expected to be wrong is said in any case."`
	Learn     bool    `yaml:"learn" doc:"Whether outcomes of visits correct the weights of the evidence, once there are three of either result."`
}

// Tax settings complete the statement where the input is silent.
type Tax struct {
	DefaultPriceKZTKWh float64 `yaml:"default_price_kzt_kwh" unit:"KZT/kWh" doc:"Price of electricity of sites that bring none; the rate of 2023 depends on it. 0: unknown, the statement then shows the readings of the law side by side."`
	LimitationYears    int     `yaml:"limitation_years" unit:"years" doc:"Period of limitation, 3 or 5, of taxpayers whose size tables/limitations.csv does not tell. Lapsed quarters are marked, not hidden."`
	LateInterest       bool    `yaml:"late_interest" doc:"Whether statements add interest for late payment up to as_of."`
}

// Visits settings order the work of inspection teams.
type Visits struct {
	Budget        int     `yaml:"budget" unit:"visits" doc:"Number of visits that there is room for; the list is cut there. 0: no limit. minewatch run --visits overrides it."`
	Explore       float64 `yaml:"explore" unit:"share of visits, 0 to 1" doc:"Share of the list that is drawn by lot from the sites below the cut, so that hit rates stay honest; 0.05 to 0.1 is usual. 0: none, since a visit without suspicion needs a legal ground of its own. minewatch run --explore overrides it."`
	CostKZT       float64 `yaml:"cost_kzt" unit:"KZT" doc:"Cost of one visit without the way. Sites are ranked by the expected tax (fee) per tenge of cost; if no cost is given, by the expected tax (fee)."`
	KMCostKZT     float64 `yaml:"km_kzt" unit:"KZT/km" doc:"Cost of one kilometre of way."`
	RoadFactor    float64 `yaml:"road_factor" doc:"Way by road over distance in a straight line."`
	BaseLat       float64 `yaml:"base_lat" unit:"deg" doc:"Latitude of the place that teams start from. 0 for both: unknown; ways then begin at the first site of a trip."`
	BaseLon       float64 `yaml:"base_lon" unit:"deg" doc:"Longitude of that place."`
	GroupRadiusKM float64 `yaml:"group_radius_km" unit:"km" doc:"Sites no further apart (straight line) are one group, to be visited in one trip."`
	PerDay        int     `yaml:"per_day" unit:"visits" doc:"Visits that a team can make in a day; a larger group is divided."`
	Teams         int     `yaml:"teams" unit:"teams" doc:"Teams that trips are shared among, best trip first."`
}

// Default returns the settings of an untouched workspace.
func Default() Config {
	return Config{
		Zone:     "Asia/Almaty",
		Buckets:  64,
		Language: "en",
		Seed:     1,
		Limits:   defaultLimits(),
		Traffic:  Traffic{FlowGapS: 300, MaxBlocks: 200},
		Scoring:  Scoring{Prior: 0.02, ProposeAt: 0.5, FDR: 1, Learn: true},
		Tax:      Tax{LimitationYears: 3},
		Visits:   Visits{RoadFactor: 1.3, GroupRadiusKM: 5, PerDay: 6, Teams: 1},
	}
}

// maxBuckets keeps every bucket's files open at once within common limits.
const maxBuckets = 4096

// Validate checks every setting and names each one that is out of range, by
// its path in minewatch.yaml.
func (c Config) Validate() error {
	var problems []error
	check := func(ok bool, path, want string, got any) {
		if !ok {
			problems = append(problems, fmt.Errorf("%s: want %s, got %v", path, want, got))
		}
	}
	_, err := time.LoadLocation(c.Zone)
	check(err == nil && c.Zone != "" && c.Zone != "Local", "zone", "a zone of the tz database, e.g. Asia/Almaty", strconv.Quote(c.Zone))
	check(c.Buckets >= 1 && c.Buckets <= maxBuckets && bits.OnesCount(uint(c.Buckets)) == 1, "buckets", fmt.Sprintf("a power of two from 1 to %d", maxBuckets), c.Buckets)
	_, spoken := i18n.Parse(c.Language)
	check(spoken, "language", "en, ru or kk", strconv.Quote(c.Language))
	check(c.Limits.Workers >= 0, "limits.workers", "0 or more", c.Limits.Workers)
	check(c.Limits.Memory >= 64, "limits.memory_limit", "at least 64MiB", c.Limits.Memory)
	check(c.Limits.Line >= 1 && c.Limits.Line <= 1024, "limits.max_line", "1MiB to 1GiB", c.Limits.Line)
	check(c.Limits.Columns >= 1, "limits.max_columns", "at least 1", c.Limits.Columns)
	check(c.Limits.Depth >= 1, "limits.max_depth", "at least 1", c.Limits.Depth)
	check(c.Limits.Rows >= 0, "limits.max_rows", "0 (any number) or more", c.Limits.Rows)
	check(c.Limits.Ratio >= 1, "limits.max_ratio", "at least 1", c.Limits.Ratio)
	check(c.Limits.TimeS >= 0, "limits.max_time_s", "0 (any time) or more", c.Limits.TimeS)
	check(share(c.Limits.Quarantine), "limits.quarantine_limit", "a share from 0 to 1", c.Limits.Quarantine)
	check(c.Traffic.FlowGapS >= 1, "traffic.flow_gap_s", "at least 1", c.Traffic.FlowGapS)
	check(c.Traffic.MaxBlocks >= 0, "traffic.max_blocks", "0 or more", c.Traffic.MaxBlocks)
	check(share(c.Scoring.Prior) && c.Scoring.Prior > 0 && c.Scoring.Prior < 1, "score.prior", "a probability between 0 and 1", c.Scoring.Prior)
	check(share(c.Scoring.ProposeAt) && c.Scoring.ProposeAt > 0, "score.propose_at", "a probability above 0, at most 1", c.Scoring.ProposeAt)
	check(amount(c.Tax.DefaultPriceKZTKWh), "tax.default_price_kzt_kwh", "0 (unknown) or a price", c.Tax.DefaultPriceKZTKWh)
	check(c.Tax.LimitationYears == 3 || c.Tax.LimitationYears == 5, "tax.limitation_years", "3 or 5", c.Tax.LimitationYears)
	check(c.Scoring.FDR > 0 && c.Scoring.FDR <= 1, "score.fdr", "a share above 0, at most 1", c.Scoring.FDR)
	check(c.Visits.Budget >= 0, "visits.budget", "0 (no limit) or more", c.Visits.Budget)
	check(c.Visits.Explore >= 0 && c.Visits.Explore < 1, "visits.explore", "a share from 0 to less than 1", c.Visits.Explore)
	check(amount(c.Visits.CostKZT), "visits.cost_kzt", "0 or more", c.Visits.CostKZT)
	check(amount(c.Visits.KMCostKZT), "visits.km_kzt", "0 or more", c.Visits.KMCostKZT)
	check(c.Visits.RoadFactor >= 1 && c.Visits.RoadFactor <= 10, "visits.road_factor", "1 to 10", c.Visits.RoadFactor)
	check(c.Visits.BaseLat >= -90 && c.Visits.BaseLat <= 90, "visits.base_lat", "a latitude", c.Visits.BaseLat)
	check(c.Visits.BaseLon >= -180 && c.Visits.BaseLon <= 180, "visits.base_lon", "a longitude", c.Visits.BaseLon)
	check(c.Visits.PerDay >= 1, "visits.per_day", "at least 1", c.Visits.PerDay)
	check(c.Visits.Teams >= 1, "visits.teams", "at least 1", c.Visits.Teams)
	check(amount(c.Visits.GroupRadiusKM), "visits.group_radius_km", "0 or more", c.Visits.GroupRadiusKM)
	if err := c.Intake.Mappings.validate(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func share(v float64) bool  { return v >= 0 && v <= 1 }   // false for NaN
func amount(v float64) bool { return v >= 0 && v < 1e12 } // false for NaN and infinity

// Location returns the zone of the workspace. The settings must be valid.
func (c Config) Location() *time.Location {
	loc, err := time.LoadLocation(c.Zone)
	if err != nil {
		panic("pipeline: Location of settings that were not validated: " + err.Error())
	}
	return loc
}

// MiB is an amount of memory in MiB, written "512MiB" or "2GiB".
type MiB int

func (m MiB) String() string {
	if m > 0 && m%1024 == 0 {
		return strconv.Itoa(int(m/1024)) + "GiB"
	}
	return strconv.Itoa(int(m)) + "MiB"
}

// MarshalText writes m as String does.
func (m MiB) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what String writes, with or without a space before the unit.
func (m *MiB) UnmarshalText(text []byte) error {
	for unit, factor := range map[string]int{"MiB": 1, "GiB": 1024} {
		digits, ok := strings.CutSuffix(string(text), unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 20)
		if err == nil {
			*m = MiB(int(n) * factor)
			return nil
		}
	}
	return fmt.Errorf("want an amount of memory like 512MiB or 2GiB, got %q", text)
}

// Date is a calendar day, or zero for "not given".
type Date datasets.Day

// Day returns d as the datasets write it.
func (d Date) Day() datasets.Day { return datasets.Day(d) }

func (d Date) String() string { return d.Day().String() }

// MarshalText writes YYYY-MM-DD, or nothing for zero.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("want a day like 2024-01-31, got %q", text)
	}
	*d = Date(datasets.DayOf(t))
	return nil
}
