package datasets

// A ServerName is a name that one client had resolved, with an address it was
// answered: the name under which the client meant to reach that address.
type ServerName struct {
	Bucket   int32  `parquet:"bucket" doc:"bucket of client_ip"`
	Client   string `parquet:"client,dict" doc:"provider/subscriber who used the address on the day, else the address"`
	ClientIP string `parquet:"client_ip,dict" doc:"address that asked"`
	ServerIP string `parquet:"server_ip,optional,dict" doc:"address answered; absent if no address was answered"`
	Host     string `parquet:"host,dict" doc:"name asked for"`
	First    Micros `parquet:"first_seen,timestamp(microsecond)" doc:"first such query"`
	Last     Micros `parquet:"last_seen,timestamp(microsecond)" doc:"last such query"`
	Queries  int64  `parquet:"queries" doc:"queries with this answer"`
	Days     int32  `parquet:"days" doc:"distinct UTC days with such a query"`
}

// A ServerEndpoint is how widely one server port is used in the whole network.
// Only endpoints that some client has a kept contact with have a row.
type ServerEndpoint struct {
	ServerIP       string `parquet:"server_ip,dict" doc:"server"`
	ServerPort     int32  `parquet:"server_port" doc:"server's port"`
	Proto          string `parquet:"proto,dict" doc:"transport protocol"`
	Clients        int32  `parquet:"clients" doc:"distinct client addresses of this endpoint in all flows"`
	NetworkClients int32  `parquet:"network_clients" doc:"clients with any lasting contact"`
}

// A PoolMatchKind says how well a name and a port fit the list of pools.
type PoolMatchKind int32

// The kinds of match, weakest first.
const (
	NoPool        PoolMatchKind = iota
	PoolSuffix                  // below a pool's domain, which also carries its web site
	PoolHost                    // a listed host whose ports are unknown
	PoolOtherPort               // a listed host on a port that is not listed
	PoolHostPort                // a listed host on a listed port
)

// A PoolMatch is an entry of the list of pools that a name and a port fit.
type PoolMatch struct {
	Kind      PoolMatchKind
	Pool      string // operator
	Host      string // as listed
	Algorithm string // "" if several or unknown
	Source    string // who vouches for it
	// PoolPort says that the port is one on which many listed hosts serve miners. A
	// new host below a pool's domain is seldom listed, but uses such a port.
	PoolPort bool
	// Confidence is high, medium, low (an old, closed or unverified entry), or
	// user (a row of the pools table).
	Confidence string
}
