package datasets

// Site is a metering point or an account with its place and its contract.
type Site struct {
	SiteID       string  `parquet:"site_id" in:"site_id,key" doc:"identifier of the metering point or account, as the supplier uses it"`
	Name         string  `parquet:"name,optional" in:"name,pii" doc:"holder of the account"`
	BIN          string  `parquet:"bin,optional" in:"bin,pii" doc:"BIN of a company or IIN of a sole trader, 12 digits"`
	AccountType  string  `parquet:"account_type,optional,dict" in:"account_type,oneof=legal|sole_trader|household" doc:"kind of holder"`
	OKED         string  `parquet:"oked,optional,dict" in:"oked" doc:"activity code, five digits"`
	TariffGroup  string  `parquet:"tariff_group,optional,dict" in:"tariff_group,oneof=household|commercial|industrial|agricultural|budget|other" doc:"tariff group"`
	KATO         string  `parquet:"kato,optional,dict" in:"kato" doc:"nine-digit code of the place"`
	Region       string  `parquet:"region,optional,dict" in:"region" doc:"region as the sender names it; joins weather and curtailments"`
	Address      string  `parquet:"address,optional" in:"address,pii" doc:"address"`
	Lat          float64 `parquet:"lat,optional" in:"lat,unit=deg,min=-90,max=90" doc:"latitude, WGS 84"`
	Lon          float64 `parquet:"lon,optional" in:"lon,unit=deg,min=-180,max=180" doc:"longitude, WGS 84"`
	FeederID     string  `parquet:"feeder_id,optional,dict" in:"feeder_id" doc:"feeder or transformer that supplies the site"`
	ContractedKW float64 `parquet:"contracted_kw,optional" in:"contracted_kw,unit=kW,min=0" doc:"permitted power"`
	VoltageKV    float64 `parquet:"voltage_kv,optional" in:"voltage_kv,unit=kV,min=0" doc:"supply voltage"`
	ConnectedOn  Day     `parquet:"connected_on,optional,date" in:"connected_on" doc:"day of connection"`
	PriceKZTKWh  float64 `parquet:"price_kzt_kwh,optional" in:"price_kzt_kwh,unit=KZT/kWh,min=0" doc:"average price of the site's electricity"`
	Origin
}

// Reading is the energy of one interval of one meter.
type Reading struct {
	Bucket      int32   `parquet:"bucket" doc:"bucket of site_id"`
	SiteID      string  `parquet:"site_id,dict" in:"site_id,key,ref=sites.site_id" doc:"metering point"`
	TS          Micros  `parquet:"ts,timestamp(microsecond),delta" in:"ts,key" doc:"start of the interval"`
	Wh          int32   `parquet:"wh,delta" in:"kwh,required,unit=kWh,energy" unit:"Wh" doc:"active energy in the interval"`
	Quality     Quality `parquet:"quality" in:"quality" doc:"measured (0), estimated (1) or missing (2)"`
	IntervalMin int32   `parquet:"interval_min,optional" in:"interval_min,unit=min,min=1,max=44640" doc:"length of the interval; inferred if absent"`
	VArh        int32   `parquet:"varh,optional" in:"kvarh,unit=kvarh,reactive" unit:"varh" doc:"reactive energy drawn less returned in the interval; a measured zero is kept as 1 varh, since 0 means not given"`
	Origin
}

// Billing is the energy of one billing period of an account without an
// interval meter.
type Billing struct {
	Bucket      int32   `parquet:"bucket" doc:"bucket of site_id"`
	SiteID      string  `parquet:"site_id,dict" in:"site_id,key,ref=sites.site_id" doc:"account"`
	PeriodStart Day     `parquet:"period_start,date" in:"period_start,key" doc:"first day"`
	PeriodEnd   Day     `parquet:"period_end,date" in:"period_end,required" doc:"last day, inclusive"`
	Wh          Wh      `parquet:"wh" in:"kwh,required,unit=kWh,energy" unit:"Wh" doc:"active energy in the period"`
	Quality     Quality `parquet:"quality" in:"quality" doc:"measured (0), estimated (1) or missing (2)"`
	Origin
}

// FeederReading is the energy that entered a feeder or transformer.
type FeederReading struct {
	FeederID string `parquet:"feeder_id,dict" in:"feeder_id,key,ref=sites.feeder_id" doc:"feeder or transformer"`
	TS       Micros `parquet:"ts,timestamp(microsecond),delta" in:"ts,key" doc:"start of the interval"`
	Wh       Wh     `parquet:"wh,delta" in:"kwh,required,unit=kWh,energy" unit:"Wh" doc:"energy that entered in the interval"`
	Origin
}

// Weather is the temperature of a region at an instant.
type Weather struct {
	Region string  `parquet:"region,dict" in:"region,key,ref=sites.region" doc:"region, spelled as in sites"`
	TS     Micros  `parquet:"ts,timestamp(microsecond),delta" in:"ts,key" doc:"instant of the measurement"`
	TempC  float64 `parquet:"temp_c" in:"temp_c,required,unit=degC,min=-70,max=60" doc:"air temperature"`
	Origin
}

// Curtailment is a window in which supply was cut or rationed.
type Curtailment struct {
	Region   string `parquet:"region,optional,dict" in:"region,key,ref=sites.region" doc:"region concerned; all if neither region nor feeder is given"`
	FeederID string `parquet:"feeder_id,optional,dict" in:"feeder_id,key" doc:"feeder concerned"`
	Start    Micros `parquet:"start,timestamp(microsecond)" in:"start,key" doc:"begin"`
	End      Micros `parquet:"end,timestamp(microsecond)" in:"end,required" doc:"end, exclusive"`
	Kind     string `parquet:"kind,dict" in:"kind,key,oneof=grid_order|outage|price" doc:"cause"`
	Origin
}

// RegistryEntry is one notice or licence in the registry of miners.
type RegistryEntry struct {
	BIN             string  `parquet:"bin" in:"bin,key" doc:"BIN of the entity, 12 digits"`
	Name            string  `parquet:"name" in:"name,required" doc:"name of the entity"`
	Category        string  `parquet:"category,dict" in:"category,required,oneof=miner|infrastructure" doc:"miner, or provider of infrastructure"`
	Jurisdiction    string  `parquet:"jurisdiction,optional,dict" in:"jurisdiction,oneof=RK|AIFC" doc:"law under which the entity was founded"`
	NotifiedOn      Day     `parquet:"notified_on,date" in:"notified_on,key" doc:"day of the notice"`
	DesignStartOn   Day     `parquet:"design_start_on,optional,date" in:"design_start_on" doc:"begin of design; notice is due 30 calendar days before (Order 384)"`
	ActivityStartOn Day     `parquet:"activity_start_on,optional,date" in:"activity_start_on" doc:"begin of activity as notified"`
	TerminatedOn    Day     `parquet:"terminated_on,optional,date" in:"terminated_on" doc:"day of termination"`
	KATO            string  `parquet:"kato,optional,dict" in:"kato" doc:"place of the centre"`
	Address         string  `parquet:"address,optional" in:"address,key" doc:"address of the centre"`
	Lat             float64 `parquet:"lat,optional" in:"lat,unit=deg,min=-90,max=90" doc:"latitude of the centre"`
	Lon             float64 `parquet:"lon,optional" in:"lon,unit=deg,min=-180,max=180" doc:"longitude of the centre"`
	DeclaredMW      float64 `parquet:"declared_mw" in:"declared_mw,required,unit=MW,min=0" doc:"declared power"`
	ExpansionMW     float64 `parquet:"expansion_mw,optional" in:"expansion_mw,unit=MW,min=0" doc:"declared potential of expansion"`
	InvestmentKZT   float64 `parquet:"investment_kzt,optional" in:"investment_kzt,unit=KZT,min=0" doc:"investment in equipment"`
	BankDetails     string  `parquet:"bank_details,optional" in:"bank_details,pii" doc:"bank details"`
	LicenseNo       string  `parquet:"license_no,optional" in:"license_no,key" doc:"licence number (from 2023-04-01)"`
	LicenseType     string  `parquet:"license_type,optional,dict" in:"license_type" doc:"licence subtype"`
	LicenseFrom     Day     `parquet:"license_from,optional,date" in:"license_from" doc:"first day of the licence"`
	LicenseTo       Day     `parquet:"license_to,optional,date" in:"license_to" doc:"last day of the licence"`
	HostBIN         string  `parquet:"host_bin,optional" in:"host_bin,ref=registry.bin" doc:"infrastructure provider that the miner rents from"`
	Origin
}

// QuarterlyReport is what a registered miner reports each quarter.
type QuarterlyReport struct {
	BIN                    string  `parquet:"bin" in:"bin,key,ref=registry.bin" doc:"BIN of the entity"`
	Quarter                Quarter `parquet:"quarter" in:"quarter,key" doc:"quarter reported, as year*4 + 0…3"`
	SubmittedOn            Day     `parquet:"submitted_on,date" in:"submitted_on,required" doc:"day of submission"`
	MW                     float64 `parquet:"mw" in:"mw,required,unit=MW,min=0" doc:"current power"`
	PlannedInvestmentKZT   float64 `parquet:"planned_investment_kzt,optional" in:"planned_investment_kzt,unit=KZT" doc:"planned investment in equipment"`
	PotentialInvestmentKZT float64 `parquet:"potential_investment_kzt,optional" in:"potential_investment_kzt,unit=KZT" doc:"potential investment of the year"`
	Jobs                   int32   `parquet:"jobs,optional" in:"jobs,min=0" doc:"service jobs"`
	Origin
}

// Declaration is energy and fee declared for a quarter.
type Declaration struct {
	BIN     string  `parquet:"bin" in:"bin,key,ref=registry.bin" doc:"BIN of the payer"`
	Quarter Quarter `parquet:"quarter" in:"quarter,key" doc:"quarter, as year*4 + 0…3"`
	Wh      Wh      `parquet:"wh" in:"kwh,required,unit=kWh,energy" unit:"Wh" doc:"declared mining energy"`
	Tax     Tiyn    `parquet:"tax_tiyn" in:"tax_kzt,required,unit=KZT,money" unit:"tiyn" doc:"declared fee"`
	Origin
}

// Subscriber says who used an address, or a block of its ports, and when.
type Subscriber struct {
	IPPrefix     string  `parquet:"ip_prefix" in:"ip_prefix,key,prefix" doc:"address or prefix"`
	PortFrom     int32   `parquet:"port_from,optional" in:"port_from,key,min=0,max=65535" doc:"first port of a CGNAT block"`
	PortTo       int32   `parquet:"port_to,optional" in:"port_to,min=0,max=65535" doc:"last port of a CGNAT block"`
	ValidFrom    Micros  `parquet:"valid_from,timestamp(microsecond)" in:"valid_from,key" doc:"begin of the lease"`
	ValidTo      Micros  `parquet:"valid_to,optional,timestamp(microsecond)" in:"valid_to" doc:"end of the lease, exclusive; open if absent"`
	SubscriberID string  `parquet:"subscriber_id" in:"subscriber_id,required,pii" doc:"subscriber at the provider"`
	Provider     string  `parquet:"provider,optional,dict" in:"provider" doc:"telecom provider"`
	BIN          string  `parquet:"bin,optional" in:"bin,pii" doc:"BIN or IIN of the subscriber"`
	Address      string  `parquet:"address,optional" in:"address,pii" doc:"address of the connection"`
	Lat          float64 `parquet:"lat,optional" in:"lat,unit=deg,min=-90,max=90" doc:"latitude"`
	Lon          float64 `parquet:"lon,optional" in:"lon,unit=deg,min=-180,max=180" doc:"longitude"`
	SiteID       string  `parquet:"site_id,optional" in:"site_id,ref=sites.site_id" doc:"metering point at the same place, where known"`
	Origin
}

// Flow is one flow record. src is the originator.
type Flow struct {
	Bucket    int32   `parquet:"bucket" doc:"bucket of src_ip"`
	TS        Micros  `parquet:"ts,timestamp(microsecond),delta" in:"ts,key" doc:"first packet"`
	SrcIP     string  `parquet:"src_ip,dict" in:"src_ip,key,ip,pii" doc:"originator"`
	SrcPort   int32   `parquet:"src_port" in:"src_port,key,min=0,max=65535" doc:"originator's port"`
	DstIP     string  `parquet:"dst_ip,dict" in:"dst_ip,key,ip" doc:"responder"`
	DstPort   int32   `parquet:"dst_port" in:"dst_port,key,min=0,max=65535" doc:"responder's port"`
	Proto     string  `parquet:"proto,dict" in:"proto,key,proto" doc:"transport protocol: tcp, udp, icmp, or its number"`
	DurationS float64 `parquet:"duration_s" in:"duration_s,required,unit=s,min=0" doc:"first to last packet"`
	OrigBytes int64   `parquet:"orig_bytes" in:"orig_bytes,required,unit=B,min=0" doc:"bytes from the originator"`
	RespBytes int64   `parquet:"resp_bytes" in:"resp_bytes,required,unit=B,min=0" doc:"bytes from the responder"`
	OrigPkts  int64   `parquet:"orig_pkts" in:"orig_pkts,required,min=0" doc:"packets from the originator"`
	RespPkts  int64   `parquet:"resp_pkts" in:"resp_pkts,required,min=0" doc:"packets from the responder"`
	SNI       string  `parquet:"sni,optional,dict" in:"sni,host" doc:"server name from TLS, where the exporter gives it"`
	Direction string  `parquet:"direction,optional,dict" in:"direction,key,oneof=orig|resp" doc:"whose packets alone the record counts, as exporters of NetFlow write one for each direction; both if absent"`
	App       string  `parquet:"app,optional,dict" in:"app" doc:"application or alert as a DPI system or an intrusion detection system names it, e.g. Mining or ET COINMINER"`
	Sampling  int32   `parquet:"sampling,optional" in:"sampling,min=0" doc:"one packet in so many was counted, and bytes and packets are multiplied by it; not given if the exporter did not say or saw all"`
	Origin
}

// A NumberedFlow is a Flow with numbers for texts, 0 for an absent one.
type NumberedFlow struct {
	TS                   Micros
	Src, Dst             int32 // addresses
	SrcPort, DstPort     int32
	Proto, SNI, App      int32
	Sampling             int32
	DurationS            float64
	OrigBytes, RespBytes int64
	OrigPkts, RespPkts   int64
}

// DNS is one answered or unanswered query.
type DNS struct {
	Bucket   int32  `parquet:"bucket" doc:"bucket of client_ip"`
	TS       Micros `parquet:"ts,timestamp(microsecond),delta" in:"ts,key" doc:"instant of the query"`
	ClientIP string `parquet:"client_ip,dict" in:"client_ip,key,ip,pii" doc:"client"`
	Query    string `parquet:"query,dict" in:"query,key,host" doc:"name asked for, lower case, no trailing dot"`
	Answers  string `parquet:"answers,optional,dict" in:"answers,key" doc:"answers, separated by spaces; part of the key, as queries for two record types share the rest"`
	Origin
}

// TLS is one TLS handshake.
type TLS struct {
	Bucket  int32  `parquet:"bucket" doc:"bucket of src_ip"`
	TS      Micros `parquet:"ts,timestamp(microsecond),delta" in:"ts,key" doc:"instant of the handshake"`
	SrcIP   string `parquet:"src_ip,dict" in:"src_ip,key,ip,pii" doc:"client"`
	DstIP   string `parquet:"dst_ip,dict" in:"dst_ip,key,ip" doc:"server"`
	DstPort int32  `parquet:"dst_port" in:"dst_port,key,min=0,max=65535" doc:"server's port"`
	SNI     string `parquet:"sni,dict" in:"sni,key,host" doc:"server name"`
	JA3     string `parquet:"ja3,optional,dict" in:"ja3" doc:"JA3 fingerprint of the client"`
	JA4     string `parquet:"ja4,optional,dict" in:"ja4" doc:"JA4 fingerprint of the client"`
	SrcPort int32  `parquet:"src_port,optional" in:"src_port,min=0,max=65535" doc:"client's port, which tells connections apart; not given if the log has none"`
	Origin
}

// Pool is an endpoint of a mining pool.
type Pool struct {
	Pool      string `parquet:"pool" in:"pool,required" doc:"operator"`
	Host      string `parquet:"host" in:"host,key,host" doc:"host name or address; *.name for everything below a name"`
	Ports     string `parquet:"ports,optional" in:"ports" doc:"TCP ports separated by spaces; unknown if absent"`
	Algorithm string `parquet:"algorithm,optional,dict" in:"algorithm" doc:"proof-of-work algorithm"`
	Vouched   string `parquet:"source,optional" in:"source" doc:"who vouches for it"`
	Origin
}

// KnownService is a service that must never be proposed for blocking.
type KnownService struct {
	Prefix string `parquet:"prefix,optional" in:"prefix,key,prefix" doc:"address or prefix"`
	Host   string `parquet:"host,optional" in:"host,key,host" doc:"host name; *.name for everything below a name"`
	Name   string `parquet:"name" in:"name,required" privacy:"open" doc:"service"`
	Why    string `parquet:"why" in:"why,required" doc:"why it must stay reachable"`
	Origin
}

// Outcome is what an inspection found.
type Outcome struct {
	SiteID    string  `parquet:"site_id" in:"site_id,key,ref=sites.site_id" doc:"site visited"`
	VisitedOn Day     `parquet:"visited_on,date" in:"visited_on,key" doc:"day of the visit"`
	Outcome   string  `parquet:"outcome,dict" in:"outcome,required,oneof=mining|clean|no_access" doc:"result"`
	FoundKW   float64 `parquet:"found_kw,optional" in:"found_kw,unit=kW,min=0" doc:"power found"`
	Note      string  `parquet:"note,optional" in:"note" doc:"note of the team"`
	Team      string  `parquet:"team,optional,dict" in:"team" doc:"team that went"`
	Drawn     string  `parquet:"drawn,optional,dict" in:"drawn,oneof=ranked|random" doc:"why the site was visited, as on the list: by rank, or drawn by lot; by rank if absent"`
	Origin
}
