package pipeline

import (
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/detectors/load"
)

// otherDays are the days of the calendar that are not kept like their weekday, in a
// zone. A holiday on a Sunday changes nothing.
func otherDays(calendar ref.Calendar, zone *time.Location) []load.OtherDay {
	var days []load.OtherDay
	for _, c := range calendar {
		works := calendar.Works(c.Day)
		if works || c.Day.Date().Weekday() != time.Sunday {
			days = append(days, load.OtherDay{Start: datasets.MicrosOf(c.Day.In(zone)), End: datasets.MicrosOf((c.Day + 1).In(zone)), Works: works})
		}
	}
	return days
}

// keepsHolidays reports whether a site keeps the holidays of Kazakhstan: its region, or
// the region of its KATO, is one of those known; where neither is given the workspace's
// zone must be that of one.
func (e *Env) keepsHolidays(s datasets.Site) bool {
	regions := e.tables.Regions
	switch {
	case s.Region != "":
		return e.around.regions[s.Region]
	case s.KATO != "":
		_, ok := regions.OfKATO(s.KATO)
		return ok
	}
	return slices.ContainsFunc(regions, func(r ref.Region) bool { return r.Zone == e.WS.Config.Zone })
}
