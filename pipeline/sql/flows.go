package sql

import (
	_ "embed"
	"fmt"
)

// The SELECTs of the traffic tables, in the order in which they are run:
//
//  1. flow_session reads flows and tls, one bucket at a time;
//  2. flow_profile reads flow_session and flows of the same bucket;
//  3. server_name reads dns, one bucket at a time;
//  4. server_endpoint reads flow_profile of all buckets at once.
//
// Every table they read must have a view ([DB.View]), with or without files.
var (
	//go:embed flow_session.sql
	flowSession string
	//go:embed flow_profile.sql
	flowProfile string
	//go:embed server_name.sql
	serverName string
	//go:embed server_endpoint.sql
	serverEndpoint string
)

// DefaultSessionGapS is the longest pause inside one connection, in seconds:
// max(2 x active timeout, 300 s) at the usual active timeouts of 60 s and
// less. With an active timeout of 1800 s an exporter that reports late needs
// 3600.
const DefaultSessionGapS = 300

// FlowSessions returns the SELECT of flow_session and its arguments, for
// [DB.Copy]. gapS is the longest pause inside one connection, in seconds.
func FlowSessions(gapS int) (query string, args []any, err error) {
	if gapS <= 0 {
		return "", nil, fmt.Errorf("stitch flows: the longest pause is %d s, want more than 0", gapS)
	}
	return flowSession, []any{int64(gapS) * 1_000_000}, nil
}

// FlowProfiles returns the SELECT of flow_profile.
func FlowProfiles() string { return flowProfile }

// ServerNames returns the SELECT of server_name.
func ServerNames() string { return serverName }

// ServerEndpoints returns the SELECT of server_endpoint.
func ServerEndpoints() string { return serverEndpoint }
