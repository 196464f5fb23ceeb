package datasets

import "fmt"

// A Month is a calendar month in the workspace's zone, as year*12 + month-1.
type Month int32

// String prints m as 2023-07.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }

// LoadProfile describes one site in one month. Hours are hours of the
// normalised hourly series (detectors/features).
type LoadProfile struct {
	Bucket      int32   `parquet:"bucket" doc:"bucket of site_id"`
	SiteID      string  `parquet:"site_id,dict" doc:"site"`
	Month       Month   `parquet:"month" doc:"calendar month in the workspace's zone, as year*12 + month-1"`
	Hours       int32   `parquet:"hours" unit:"h" doc:"hours of the month"`
	Covered     int32   `parquet:"covered" unit:"h" doc:"hours with a measured or estimated value"`
	EstimatedH  int32   `parquet:"estimated" unit:"h" doc:"hours whose value the sender estimated"`
	ZeroH       int32   `parquet:"zero" unit:"h" doc:"hours at exactly zero"`
	Wh          Wh      `parquet:"wh" unit:"Wh" doc:"energy of the covered hours"`
	MeanKW      float64 `parquet:"mean_kw" unit:"kW" doc:"mean power of the covered hours"`
	FloorKW     float64 `parquet:"floor_kw" unit:"kW" doc:"base load: 10th percentile of hourly power"`
	MedianKW    float64 `parquet:"median_kw" unit:"kW" doc:"median hourly power"`
	PeakKW      float64 `parquet:"peak_kw" unit:"kW" doc:"99th percentile of hourly power"`
	NightKW     float64 `parquet:"night_kw" unit:"kW" doc:"mean power 00-06 local"`
	DayKW       float64 `parquet:"day_kw" unit:"kW" doc:"mean power 09-18 local, Monday to Friday"`
	WeekendKW   float64 `parquet:"weekend_kw" unit:"kW" doc:"mean power on Saturday and Sunday"`
	VariationKW float64 `parquet:"variation_kw" unit:"kW" doc:"median absolute hour-to-hour change"`
}

// SiteLoad describes one site over all its hourly data.
type SiteLoad struct {
	Bucket     int32   `parquet:"bucket" doc:"bucket of site_id"`
	SiteID     string  `parquet:"site_id" doc:"site"`
	First      Micros  `parquet:"first,timestamp(microsecond)" doc:"first hour of the series"`
	Last       Micros  `parquet:"last,timestamp(microsecond)" doc:"end of its last hour"`
	Hours      int32   `parquet:"hours" unit:"h" doc:"hours from first to last"`
	Known      int32   `parquet:"known" unit:"h" doc:"hours with a value"`
	Estimated  int32   `parquet:"estimated" unit:"h" doc:"of these, hours that hold energy estimated by the sender"`
	Gaps       int32   `parquet:"gaps" doc:"runs of hours without a value"`
	LongestGap int32   `parquet:"longest_gap" unit:"h" doc:"longest such run"`
	Coverage   float64 `parquet:"coverage" doc:"share of the hours with a measured value"`
	Wh         Wh      `parquet:"wh" unit:"Wh" doc:"energy of all readings"`
	CoarseWh   Wh      `parquet:"coarse_wh" unit:"Wh" doc:"of these, energy in intervals longer than an hour, which no detector reads"`
	MeanKW     float64 `parquet:"mean_kw" unit:"kW" doc:"mean power of the known hours"`
	FloorShare float64 `parquet:"floor_share" doc:"base load (10th percentile of hourly power) / mean; -1 if the mean is not positive, below 0 where energy was fed in"`
}

// A FlowSession is one connection of half an hour or more, stitched across
// export timeouts: the flow records of one 5-tuple with no gap longer than the
// setting.
type FlowSession struct {
	Bucket     int32   `parquet:"bucket" doc:"bucket of client_ip"`
	Client     string  `parquet:"client,dict" doc:"provider/subscriber who used the address and port at the time, else the address"`
	ClientIP   string  `parquet:"client_ip,dict" doc:"originator"`
	ClientPort int32   `parquet:"client_port" doc:"originator's port"`
	ServerIP   string  `parquet:"server_ip,dict" doc:"responder"`
	ServerPort int32   `parquet:"server_port" doc:"responder's port"`
	Proto      string  `parquet:"proto,dict" doc:"transport protocol"`
	Start      Micros  `parquet:"start,timestamp(microsecond)" doc:"first packet"`
	End        Micros  `parquet:"end,timestamp(microsecond)" doc:"last packet"`
	Records    int64   `parquet:"records" doc:"flow records joined"`
	OrigBytes  int64   `parquet:"orig_bytes" unit:"B" doc:"bytes from the client"`
	RespBytes  int64   `parquet:"resp_bytes" unit:"B" doc:"bytes from the server"`
	OrigPkts   int64   `parquet:"orig_pkts" doc:"packets from the client"`
	RespPkts   int64   `parquet:"resp_pkts" doc:"packets from the server"`
	SNI        string  `parquet:"sni,optional,dict" doc:"server name, from the flow or the TLS log"`
	App        string  `parquet:"app,optional,dict" doc:"application or alert as a DPI system names it; that of mining if there are several"`
	MaxRecordS float64 `parquet:"max_record_s" unit:"s" doc:"longest single record: finer timing than this is unknown"`
	Sampling   int32   `parquet:"sampling" doc:"thinnest sampling of its records, one packet in so many; 0 if none was named"`
}

// A FlowDay is what one client had with one server port, under one name, in a
// UTC day. Contacts of less than ten minutes a day are left out unless the name,
// the address or the label is of interest.
type FlowDay struct {
	Bucket      int32  `parquet:"bucket" doc:"bucket of client_ip"`
	Client      string `parquet:"client,dict" doc:"provider/subscriber who used the address and port at the time, else the address"`
	ClientIP    string `parquet:"client_ip,dict" doc:"address of the first record"`
	ServerIP    string `parquet:"server_ip,dict" doc:"server"`
	ServerPort  int32  `parquet:"server_port" doc:"server's port"`
	Proto       string `parquet:"proto,dict" doc:"transport protocol"`
	SNI         string `parquet:"sni,optional,dict" doc:"server name of the connections"`
	App         string `parquet:"app,optional,dict" doc:"application or alert as a DPI system names it; that of mining if there are several"`
	Day         Day    `parquet:"day,date" doc:"UTC day"`
	First       Micros `parquet:"first_seen,timestamp(microsecond)" doc:"first packet"`
	Last        Micros `parquet:"last_seen,timestamp(microsecond)" doc:"last packet"`
	Sessions    int64  `parquet:"sessions" doc:"connections begun"`
	LongestUS   int64  `parquet:"longest_us" unit:"us" doc:"longest connection up to the end of the day, with its earlier days"`
	ActiveUS    int64  `parquet:"active_us" unit:"us" doc:"sum of the records' lengths"`
	OpenUS      int64  `parquet:"open_us" unit:"us" doc:"time in which at least one record ran"`
	OrigBytes   int64  `parquet:"orig_bytes" unit:"B" doc:"bytes from the client"`
	RespBytes   int64  `parquet:"resp_bytes" unit:"B" doc:"bytes from the server"`
	OrigPkts    int64  `parquet:"orig_pkts" doc:"packets from the client"`
	RespPkts    int64  `parquet:"resp_pkts" doc:"packets from the server"`
	CountedPkts int64  `parquet:"counted_pkts" doc:"packets of both as counted, before sampling was made up for"`
	Hours       int32  `parquet:"hours" doc:"bit set of the UTC hours with traffic, hour 0 the lowest bit"`
	NightHours  int32  `parquet:"night_hours" unit:"h" doc:"of these, hours from 01:00 to 05:00 local"`
	UnitSum     int64  `parquet:"unit_sum" doc:"sum over the hours of u, the bytes of an hour in units of 64 B, at most 150 million"`
	SquareSum   int64  `parquet:"square_sum" doc:"sum of u squared"`
	MaxRecordUS int64  `parquet:"max_record_us" unit:"us" doc:"longest single record"`
	Sampling    int32  `parquet:"sampling" doc:"thinnest sampling of its records, one packet in so many; 0 if none was named"`
	Beat
	Pulse
}

// A FlowProfile is all traffic of one client with one server port, under one
// name, over the whole period of the data.
type FlowProfile struct {
	Client        string  `parquet:"client,dict" doc:"provider/subscriber who used the addresses and ports at the time, else the address"`
	ServerIP      string  `parquet:"server_ip,dict" doc:"server"`
	ServerPort    int32   `parquet:"server_port" doc:"server's port"`
	Proto         string  `parquet:"proto,dict" doc:"transport protocol"`
	SNI           string  `parquet:"sni,optional,dict" doc:"server name of the connections"`
	App           string  `parquet:"app,optional,dict" doc:"application or alert as a DPI system names it; that of mining if there are several"`
	First         Micros  `parquet:"first_seen,timestamp(microsecond)" doc:"first packet"`
	Last          Micros  `parquet:"last_seen,timestamp(microsecond)" doc:"last packet"`
	Sessions      int64   `parquet:"sessions" doc:"stitched sessions"`
	LongestS      float64 `parquet:"longest_s" unit:"s" doc:"longest stitched session"`
	HoursActive   int32   `parquet:"hours_active" unit:"h" doc:"distinct hours with traffic"`
	NightHours    int32   `parquet:"night_hours" unit:"h" doc:"of these, hours from 01:00 to 05:00 local"`
	Days          int32   `parquet:"days" doc:"distinct UTC days with traffic"`
	SpanH         int32   `parquet:"span_h" unit:"h" doc:"hours from first to last"`
	Parallel      int32   `parquet:"parallel" doc:"most sessions open at once, of those of at least an hour whose byte rate is that of the others"`
	OrigBytes     int64   `parquet:"orig_bytes" unit:"B" doc:"bytes from the client"`
	RespBytes     int64   `parquet:"resp_bytes" unit:"B" doc:"bytes from the server"`
	OrigPkts      int64   `parquet:"orig_pkts" doc:"packets from the client"`
	RespPkts      int64   `parquet:"resp_pkts" doc:"packets from the server"`
	CountedPkts   int64   `parquet:"counted_pkts" doc:"packets of both as counted, before sampling was made up for"`
	ActiveS       float64 `parquet:"active_s" unit:"s" doc:"sum of record durations; under sampling the time from the first to the last packet"`
	OpenS         float64 `parquet:"open_s" unit:"s" doc:"time in which at least one record ran; under sampling the same as active_s"`
	HourlyBytesCV float64 `parquet:"hourly_bytes_cv" doc:"standard deviation / mean of bytes per active hour; -1 if records are too long or hours too few to say"`
	Sampling      int32   `parquet:"sampling" doc:"thinnest sampling, one packet in so many; 0 if none was named"`
	Beat
	Pulse
}

// Status says whether a detector had enough data to speak.
type Status int32

// The values of Status.
const (
	Withheld Status = iota // the zero value claims nothing
	Spoken                 // the statistic, p-value and ratio are meant
)

// Evidence is what one detector says of one site over [Start, End).
type Evidence struct {
	SiteID    string  `parquet:"site_id,dict" doc:"site"`
	Detector  string  `parquet:"detector,dict" doc:"detector, e.g. load/block"`
	Group     string  `parquet:"group,dict" doc:"evidence of one group reads the same feature: only the strongest counts"`
	Start     Micros  `parquet:"period_start,timestamp(microsecond)" doc:"begin of the period spoken of"`
	End       Micros  `parquet:"period_end,timestamp(microsecond)" doc:"end, exclusive"`
	Status    Status  `parquet:"status" doc:"0 withheld (detail says why), 1 spoken"`
	Statistic float64 `parquet:"statistic" doc:"in the unit that minewatch detectors names"`
	N         int32   `parquet:"n" doc:"observations behind the statistic"`
	PValue    float64 `parquet:"p_value" doc:"chance of a statistic at least this large without mining; 1 if withheld"`
	LogLR     float64 `parquet:"log_lr" doc:"natural log of the likelihood ratio mining : not; 0 if withheld"`
	MiningKW  float64 `parquet:"mining_kw" unit:"kW" doc:"mining power that this evidence speaks of; 0 if none"`
	Detail    string  `parquet:"detail" doc:"one sentence for a reader"`
}

// MiningEnergy is the estimated mining energy of one site in one quarter.
type MiningEnergy struct {
	SiteID  string  `parquet:"site_id,dict" doc:"site"`
	Quarter Quarter `parquet:"quarter" doc:"quarter, as year*4 + 0…3"`
	Wh      Wh      `parquet:"wh" unit:"Wh" doc:"estimate"`
	WhLow   Wh      `parquet:"wh_low" unit:"Wh" doc:"lower end of the 90 % interval"`
	WhHigh  Wh      `parquet:"wh_high" unit:"Wh" doc:"upper end"`
	Hours   int32   `parquet:"hours" unit:"h" doc:"hours of the quarter in which the block was on"`
}

// Score is the verdict on one site, proposed or not.
type Score struct {
	SiteID        string  `parquet:"site_id" doc:"site"`
	Probability   float64 `parquet:"probability" doc:"probability that the site mined in the period of the data"`
	RankValue     float64 `parquet:"rank_value" doc:"orders all sites, best visit first: log-odds that a visit finds mining nobody answers for"`
	Finding       string  `parquet:"finding,optional,dict" doc:"unregistered, before_notification, after_termination, under_declared, over_declared_capacity, bypass_suspected, unexplained; empty for honest sites"`
	Proposed      bool    `parquet:"proposed" doc:"whether the site is on the inspection list"`
	MiningKW      float64 `parquet:"mining_kw" unit:"kW" doc:"estimated mining power while on"`
	MiningSince   Micros  `parquet:"mining_since,optional,timestamp(microsecond)" doc:"estimated begin; the first hour of the data if it began earlier"`
	MiningUntil   Micros  `parquet:"mining_until,optional,timestamp(microsecond)" doc:"estimated end; the last hour of the data if it goes on"`
	MiningKWh     float64 `parquet:"mining_kwh" unit:"kWh" doc:"estimated mining energy"`
	MiningKWhLow  float64 `parquet:"mining_kwh_low" unit:"kWh" doc:"lower end of the 90 % interval"`
	MiningKWhHigh float64 `parquet:"mining_kwh_high" unit:"kWh" doc:"upper end"`
	DeclaredKWh   float64 `parquet:"declared_kwh" unit:"kWh" doc:"energy declared for the same quarters"`
	UnpaidKWh     float64 `parquet:"unpaid_kwh" unit:"kWh" doc:"mining energy above the declared, by quarter"`
	TaxKZT        float64 `parquet:"tax_kzt" unit:"KZT" doc:"unpaid tax (fee) at the dated rates"`
	TaxKZTLow     float64 `parquet:"tax_kzt_low" unit:"KZT" doc:"at the lower energy and the lower reading of the rate"`
	TaxKZTHigh    float64 `parquet:"tax_kzt_high" unit:"KZT" doc:"at the upper energy and the higher reading"`
	RegistryBIN   string  `parquet:"registry_bin,optional" doc:"registry entity answerable for the site"`
	RegistryMatch string  `parquet:"registry_match,dict" doc:"match, possible or none"`
	// RegistryProbability is 1 by equal BIN.
	RegistryProbability float64 `parquet:"registry_probability" doc:"probability that the registry entity holds the site: 1 by equal BIN, 0 where it was not reckoned"`
	Coverage            float64 `parquet:"coverage" doc:"share of the hours between first and last reading that have a measured value"`
	Kinds               int32   `parquet:"kinds" doc:"independent kinds of evidence that speak for mining (electricity, traffic)"`
	Note                string  `parquet:"note" doc:"what limits the verdict"`
	Confidence          string  `parquet:"confidence,optional,dict" doc:"high (two independent kinds of evidence), medium or low"`
	PValue              float64 `parquet:"p_value" doc:"chance that a site without mining scores at least as high: conformal, against such sites with the same kinds of data"`
	QValue              float64 `parquet:"q_value" doc:"least false discovery rate of a list that holds this site"`
}

// ScoreTerm is one bar of a site's waterfall: prior, evidence, counter-evidence.
// The terms of a site, in order, add up to the log-odds of its probability.
type ScoreTerm struct {
	SiteID     string  `parquet:"site_id,dict" doc:"site"`
	Order      int32   `parquet:"order" doc:"0 is the prior"`
	Term       string  `parquet:"term,dict" doc:"prior, a detector, or a kind of counter-evidence"`
	LogOdds    float64 `parquet:"log_odds" doc:"what the term adds"`
	Cumulative float64 `parquet:"cumulative" doc:"log-odds after the term"`
	Counted    bool    `parquet:"counted" doc:"false if stronger evidence of the same group stands for it, or the meter was passed by"`
	Detail     string  `parquet:"detail" doc:"the evidence in words"`
	Start      Micros  `parquet:"period_start,optional,timestamp(microsecond)" doc:"begin of the period that the evidence speaks of"`
	End        Micros  `parquet:"period_end,optional,timestamp(microsecond)" doc:"its end, exclusive"`
}

// Visit is one row of the inspection list.
type Visit struct {
	Rank           int32   `parquet:"rank" doc:"1 is the best visit"`
	SiteID         string  `parquet:"site_id" doc:"site"`
	Name           string  `parquet:"name,optional" doc:"holder"`
	BIN            string  `parquet:"bin,optional" doc:"BIN or IIN"`
	Region         string  `parquet:"region,optional" doc:"region"`
	Address        string  `parquet:"address,optional" doc:"address"`
	Lat            float64 `parquet:"lat,optional" unit:"deg" fmt:"6" doc:"latitude"`
	Lon            float64 `parquet:"lon,optional" unit:"deg" fmt:"6" doc:"longitude"`
	Finding        string  `parquet:"finding" doc:"see scores"`
	Probability    float64 `parquet:"probability" fmt:"4" doc:"probability that the site mined"`
	MiningKW       float64 `parquet:"mining_kw" unit:"kW" fmt:"1" doc:"estimated mining power while on"`
	MiningSince    Micros  `parquet:"mining_since,optional,timestamp(microsecond)" doc:"estimated begin"`
	MiningUntil    Micros  `parquet:"mining_until,optional,timestamp(microsecond)" doc:"estimated end"`
	MiningKWh      float64 `parquet:"mining_kwh" unit:"kWh" fmt:"0" doc:"estimated mining energy"`
	MiningKWhLow   float64 `parquet:"mining_kwh_low" unit:"kWh" fmt:"0" doc:"lower end of the 90 % interval"`
	MiningKWhHigh  float64 `parquet:"mining_kwh_high" unit:"kWh" fmt:"0" doc:"upper end"`
	DeclaredKWh    float64 `parquet:"declared_kwh" unit:"kWh" fmt:"0" doc:"declared energy"`
	UnpaidKWh      float64 `parquet:"unpaid_kwh" unit:"kWh" fmt:"0" doc:"energy above the declared"`
	TaxKZT         float64 `parquet:"tax_kzt" unit:"KZT" fmt:"2" doc:"unpaid tax (fee)"`
	TaxKZTLow      float64 `parquet:"tax_kzt_low" unit:"KZT" fmt:"2" doc:"lower end"`
	TaxKZTHigh     float64 `parquet:"tax_kzt_high" unit:"KZT" fmt:"2" doc:"upper end"`
	ConfidenceNote string  `parquet:"confidence_note" doc:"what limits the verdict"`
	Evidence       string  `parquet:"evidence" doc:"the strongest evidence in words"`
	VisitGroup     string  `parquet:"visit_group" doc:"sites that one team can visit in one trip"`
	VisitOrder     int32   `parquet:"visit_order" doc:"order within the group"`
	Drawn          string  `parquet:"drawn,dict" doc:"ranked: by what is suspected; random: drawn by lot below the cut, nothing is suspected of the site"`
	Team           int32   `parquet:"team,optional" doc:"team that is to go"`
	TeamDay        int32   `parquet:"team_day,optional" doc:"that team's day of work, from 1"`
	TravelKM       float64 `parquet:"travel_km" unit:"km" fmt:"1" doc:"way from the stop before, or from the base: great circle × visits.road_factor, an estimate"`
	CostKZT        float64 `parquet:"cost_kzt" unit:"KZT" fmt:"0" doc:"cost of the visit that its rank rests on"`
	ExpectedKZT    float64 `parquet:"expected_kzt" unit:"KZT" fmt:"0" doc:"probability × unpaid tax (fee)"`
	Confidence     string  `parquet:"confidence,optional,dict" doc:"high (two independent kinds of evidence), medium or low"`
	QValue         float64 `parquet:"q_value,optional" fmt:"4" doc:"least false discovery rate of a list that holds this site"`
}

// HitRate says how often visits found mining, in one group of them.
type HitRate struct {
	By       string  `parquet:"by,dict" doc:"what the visits have in common: all, drawn, team, month, detector"`
	Name     string  `parquet:"name,optional" doc:"which team, month, detector; ranked or random of drawn"`
	Visits   int32   `parquet:"visits" doc:"visits that got in"`
	Mining   int32   `parquet:"mining" doc:"of these, visits that found mining"`
	Rate     float64 `parquet:"rate" fmt:"4" doc:"share of the visits that found mining"`
	RateLow  float64 `parquet:"rate_low" fmt:"4" doc:"lower end of its 95 % interval (Wilson)"`
	RateHigh float64 `parquet:"rate_high" fmt:"4" doc:"upper end"`
	DriftP   float64 `parquet:"drift_p" fmt:"4" doc:"chance of a difference from all other visits at least as large, if there is none (Fisher's exact test)"`
}

// LookAlike is a site whose load and evidence are like those of a site in which mining
// was found: a lead and no evidence.
type LookAlike struct {
	SiteID      string  `parquet:"site_id" doc:"site in which a visit found mining"`
	Rank        int32   `parquet:"rank" doc:"1 is the most alike"`
	LikeSiteID  string  `parquet:"like_site_id" doc:"site that is like it and that no visit has seen"`
	Distance    float64 `parquet:"distance" fmt:"2" doc:"root mean square difference of shape and evidence, each by its spread over all sites"`
	Probability float64 `parquet:"probability" fmt:"4" doc:"probability that this site mined, to which the likeness adds nothing"`
	Apart       string  `parquet:"apart,dict" doc:"in what they differ most"`
}

// StatementLine is the tax statement of one site for one quarter.
type StatementLine struct {
	SiteID        string  `parquet:"site_id" doc:"site"`
	BIN           string  `parquet:"bin,optional" doc:"BIN or IIN of the holder"`
	Quarter       Quarter `parquet:"quarter" doc:"quarter"`
	MiningKWh     float64 `parquet:"mining_kwh" unit:"kWh" fmt:"3" doc:"estimated mining energy"`
	MiningKWhLow  float64 `parquet:"mining_kwh_low" unit:"kWh" fmt:"3" doc:"lower end of the 90 % interval"`
	MiningKWhHigh float64 `parquet:"mining_kwh_high" unit:"kWh" fmt:"3" doc:"upper end"`
	RateKZTKWh    float64 `parquet:"rate_kzt_kwh,optional" unit:"KZT/kWh" fmt:"4" doc:"rate; empty if no rate is confirmed for the quarter"`
	RateBasis     string  `parquet:"rate_basis" doc:"law and case behind the rate, other readings included"`
	DeclaredKWh   float64 `parquet:"declared_kwh" unit:"kWh" fmt:"3" doc:"declared energy"`
	UnpaidKWh     float64 `parquet:"unpaid_kwh" unit:"kWh" fmt:"3" doc:"mining energy above the declared, not below 0"`
	TaxKZT        float64 `parquet:"tax_kzt" unit:"KZT" fmt:"2" doc:"unpaid tax (fee)"`
	TaxKZTLow     float64 `parquet:"tax_kzt_low" unit:"KZT" fmt:"2" doc:"lower energy, lower reading of the rate"`
	TaxKZTHigh    float64 `parquet:"tax_kzt_high" unit:"KZT" fmt:"2" doc:"upper energy, higher reading of the rate"`
}

// Breach is one breach of a registry rule.
type Breach struct {
	BIN      string  `parquet:"bin" doc:"BIN of the entity"`
	Name     string  `parquet:"name" doc:"name of the entity"`
	Rule     string  `parquet:"rule" doc:"rule, e.g. quarterly_report_missing"`
	Quarter  Quarter `parquet:"quarter,optional" doc:"quarter concerned"`
	DueOn    Day     `parquet:"due_on,optional,date" doc:"day by which the duty was due"`
	Observed string  `parquet:"observed" doc:"what was seen"`
	Expected string  `parquet:"expected" doc:"what the rule asks for"`
	Detail   string  `parquet:"detail" doc:"rule and arithmetic in words"`
}

// Candidate is a proposed restriction of one endpoint.
type Candidate struct {
	Target     string  `parquet:"target" doc:"address or name"`
	TargetKind string  `parquet:"target_kind" doc:"ip, prefix or domain"`
	Port       int32   `parquet:"port,optional" doc:"server port"`
	Proto      string  `parquet:"proto,optional" doc:"transport protocol"`
	ASN        int32   `parquet:"asn,optional" doc:"autonomous system of the address, if a database was named"`
	ASOrg      string  `parquet:"as_org,optional" doc:"its operator"`
	Country    string  `parquet:"country,optional" doc:"country of the address"`
	Pool       string  `parquet:"pool,optional" doc:"pool, where known"`
	Confidence float64 `parquet:"confidence" fmt:"2" doc:"0 to 1"`
	First      Micros  `parquet:"first_seen,timestamp(microsecond)" doc:"first contact"`
	Last       Micros  `parquet:"last_seen,timestamp(microsecond)" doc:"last contact"`
	Clients    int32   `parquet:"clients" doc:"clients seen with this target"`
	Bytes      int64   `parquet:"bytes" unit:"B" doc:"bytes exchanged"`
	Collateral int32   `parquet:"collateral" doc:"clients that would be cut off and are not suspects"`
	Action     string  `parquet:"action" doc:"block, monitor or review"`
	ValidFrom  Day     `parquet:"valid_from,date" doc:"first day of the proposal"`
	ValidUntil Day     `parquet:"valid_until,date" doc:"last day: 7 days for an address, 30 for a name"`
	Reason     string  `parquet:"reason" doc:"evidence, and the guard that stopped a block"`
}

// SubscriberSeen is a subscriber seen mining, for the provider that owns it.
type SubscriberSeen struct {
	SubscriberID string  `parquet:"subscriber_id" doc:"subscriber"`
	Provider     string  `parquet:"provider,optional" doc:"provider"`
	BIN          string  `parquet:"bin,optional" doc:"BIN or IIN"`
	SiteID       string  `parquet:"site_id,optional" doc:"site, where linked"`
	Confidence   float64 `parquet:"confidence" fmt:"2" doc:"0 to 1"`
	First        Micros  `parquet:"first_seen,timestamp(microsecond)" doc:"first contact"`
	Last         Micros  `parquet:"last_seen,timestamp(microsecond)" doc:"last contact"`
	HoursActive  int32   `parquet:"hours_active" unit:"h" doc:"hours with traffic to the endpoints named"`
	Pools        string  `parquet:"pools" doc:"pools or endpoints"`
	Evidence     string  `parquet:"evidence" doc:"evidence in words"`
}

// Revocation takes back a block that an earlier pack proposed and whose term still
// runs.
type Revocation struct {
	Target     string `parquet:"target" doc:"address or name"`
	TargetKind string `parquet:"target_kind" doc:"ip, prefix or domain"`
	Port       int32  `parquet:"port,optional" doc:"server port"`
	Proto      string `parquet:"proto,optional" doc:"transport protocol"`
	Pool       string `parquet:"pool,optional" doc:"pool, where known"`
	ValidUntil Day    `parquet:"valid_until,date" doc:"last day of the term as it was proposed"`
	RevokedOn  Day    `parquet:"revoked_on,date" doc:"first day on which it is no longer proposed"`
	Reason     string `parquet:"reason" doc:"why it is no longer proposed"`
}

// FlowRule restricts one subscriber's flows with one server port: nobody else is
// cut off.
type FlowRule struct {
	SourceIP     string  `parquet:"source_ip" doc:"address of the subscriber on the as-of day"`
	PortFrom     int32   `parquet:"port_from,optional" doc:"first port of the subscriber's CGNAT block"`
	PortTo       int32   `parquet:"port_to,optional" doc:"last port of it"`
	LeaseTo      Micros  `parquet:"lease_to,optional,timestamp(microsecond)" doc:"end of the lease; the rule must be gone by then"`
	Provider     string  `parquet:"provider,optional" doc:"provider"`
	SubscriberID string  `parquet:"subscriber_id" doc:"subscriber"`
	ServerIP     string  `parquet:"server_ip" doc:"server"`
	ServerPort   int32   `parquet:"server_port" doc:"server port"`
	Proto        string  `parquet:"proto" doc:"transport protocol"`
	Confidence   float64 `parquet:"confidence" fmt:"2" doc:"0 to 1, of the endpoint"`
	ValidUntil   Day     `parquet:"valid_until,date" doc:"last day"`
}

// ProposedPool is an endpoint that the list of pools may lack, for a person to
// accept: its first columns are those of the table pools.
type ProposedPool struct {
	Pool      string  `parquet:"pool" doc:"operator where the name tells, else unknown"`
	Host      string  `parquet:"host" doc:"name, or address where there is none"`
	Ports     string  `parquet:"ports" doc:"ports seen"`
	Algorithm string  `parquet:"algorithm,optional" doc:"left empty: traffic does not tell"`
	Vouched   string  `parquet:"source" doc:"how it was learnt"`
	Clients   int32   `parquet:"clients" doc:"clients with the traffic of miners"`
	Known     int32   `parquet:"known_miners" doc:"of them, clients with contact to a listed pool, or at whose site a visit found mining"`
	First     Micros  `parquet:"first_seen,timestamp(microsecond)" doc:"first contact"`
	Last      Micros  `parquet:"last_seen,timestamp(microsecond)" doc:"last contact"`
	Score     float64 `parquet:"score" fmt:"2" doc:"orders the rows: strongest evidence of one client, and half a unit for each doubling of clients"`
	Evidence  string  `parquet:"evidence" doc:"the strongest evidence in words"`
}

// ReadingDoubt says how often something about the readings of a site is
// possible but doubtful. Nothing is dropped for it.
type ReadingDoubt struct {
	Bucket int32  `parquet:"bucket" doc:"bucket of site_id"`
	SiteID string `parquet:"site_id,dict" doc:"site"`
	Kind   string `parquet:"kind,dict" doc:"what is doubtful: stuck register, jump by 10 or 1000, shift by an hour, negative energy, gap, overlap, values that contradict each other"`
	N      int64  `parquet:"n" doc:"how often"`
	First  Micros `parquet:"first,timestamp(microsecond)" doc:"when for the first time"`
}
