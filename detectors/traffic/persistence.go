package traffic

import (
	"math"

	"github.com/minewatch/minewatch/datasets"
)

const (
	// minFleetS is the shortest session that stands for a device, as in
	// flow_profile.sql: RITA's lowest band of long connections.
	minFleetS = 3600
	// minOpenS is the time in all from which shorter sessions are lasting, too.
	minOpenS = 12 * 3600
	// minFleet is the number of equal sessions at once from which they are a fleet.
	minFleet = 3
	// minSampled is the number of sampled packets below which nothing is said of a
	// shape: at one packet in 1,000 a session has 4 to 80 a day.
	minSampled = 20
	// leastEven is the share of the hours of an even session from which a sampled one is even:
	// two standard deviations below 1 for 300 packets in two weeks.
	leastEven = 0.9
	// minPackets is the number of packets below which the same holds unsampled.
	minPackets = 20
)

// lasting reports whether sessions with a server last: one for an hour, or all
// together for half a day. Sampled sessions are seen by single packets, so that
// there it is distinct hours with any packet that count.
func lasting(p datasets.FlowProfile) bool {
	if p.Sampling > 1 {
		return p.CountedPkts >= minSampled && p.HoursActive >= 12
	}
	return p.OrigPkts+p.RespPkts >= minPackets && (p.LongestS >= minFleetS || p.OpenS >= minOpenS)
}

// evenHours is in how many hours a session that is open throughout and sends evenly would show a
// packet, with as many counted as p has: Poisson's law. People, and sensors that speak in
// bursts, show in fewer.
func evenHours(p datasets.FlowProfile) float64 {
	h := float64(p.SpanH)
	return h * (1 - math.Exp(-float64(p.CountedPkts)/h))
}

// nightToDay compares the night (01:00 to 05:00 local) with the other hours: the
// share of the hours of night with traffic over that of the others. 1 is no
// difference; -1 if the contact spans less than two days, or was never by day.
func nightToDay(p datasets.FlowProfile) float64 {
	day := p.HoursActive - p.NightHours
	if p.SpanH < 48 || day <= 0 {
		return -1
	}
	return (float64(p.NightHours) / 4) / (float64(day) / 20)
}

// longComputerDay bounds the longest session, in seconds,
// of a computer that is switched off at night.
const longComputerDay = 12 * 3600

const (
	// minComputerH is how many active hours there must be before so few at night tell
	// anything: a rig that sampling sees at random hours has none in 24 with
	// chance (20/24)^24 = 1.3 %.
	minComputerH = 24
	// minComputerSpan is over how long, so that two nights lie between.
	minComputerSpan = datasets.Micros(48 * 3600e6)
	// computerNight is the share of night to day below which a computer sleeps at
	// night: it may be left on for one in five.
	computerNight = 0.2
)

// ofComputer is the most that a contact is worth which reads like a computer's, ln(0.05/0.005), see [Pool].
func ofComputer() float64 { return logLR(0.05, 5e-3) }

// likeComputer reports whether a client's contacts with pools together read like a
// private or infected computer rather than a farm: one device over days, hardly ever at
// night. Somebody's malware mines when the computer is on; a farm does not go to bed.
func likeComputer(contacts []datasets.FlowProfile) bool {
	if len(contacts) == 0 {
		return false
	}
	var hours, nights int32
	first, last := contacts[0].First, contacts[0].Last
	for _, p := range contacts {
		if p.LongestS >= longComputerDay || p.Parallel > 1 {
			return false
		}
		hours, nights = hours+p.HoursActive, nights+p.NightHours
		first, last = min(first, p.First), max(last, p.Last)
	}
	const nightH, dayH = 4, 20
	return last-first >= minComputerSpan && hours >= minComputerH && float64(nights)/nightH < computerNight*float64(hours-nights)/dayH
}
