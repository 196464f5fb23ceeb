package sql

import _ "embed"

// The SELECTs of the traffic tables, in the order in which they are run:
//
//  1. server_name reads dns, one bucket at a time;
//  2. large_packet reads flows, one bucket at a time, for pool_job;
//  3. flow_profile reads flow_day and flow_session of all buckets at once, which
//     pipeline/stitch makes of flows.
//
// Every table they read must have a view ([DB.View]), with or without files.
var (
	//go:embed flow_profile.sql
	flowProfile string
	//go:embed large_packet.sql
	largePacket string
	//go:embed server_name.sql
	serverName string
	//go:embed target_use.sql
	targetUse string
	//go:embed target_name.sql
	targetName string
)

// FlowProfiles returns the SELECT of flow_profile.
func FlowProfiles() string { return flowProfile }

// ServerNames returns the SELECT of server_name.
func ServerNames() string { return serverName }

// LargePackets returns the SELECT of large packets of pools. Its table pool_address is
// made by [DB.List].
func LargePackets() string { return largePacket }

// TargetUse returns the SELECT of what every client had with some addresses. Its
// tables target and shared_address are made by [DB.List].
func TargetUse() string { return targetUse }

// TargetNames returns the SELECT of the names of some addresses. Its argument is
// the instant, in microseconds since 1970, before which names do not count.
func TargetNames() string { return targetName }
