// Package demo builds the inbox of the sample workspace: real public meters,
// placed in Kazakhstan and in the years of the mining fee, some of them with a
// simulated mine.
//
//  1. cast.go says which meter plays which site, who mines and what the
//     registry knows.
//  2. [Build] writes the deliveries (electricity.go, state.go, network.go) and
//     truth.csv, which says where mines were added.
//
// Holders, addresses, registry entries, declarations and traffic are invented.
// Meters are moved by whole weeks, so that days of the week stay.
package demo

import (
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sample"
	"github.com/minewatch/minewatch/datasets/sim"
)

// shiftWeeks is by how many weeks the meters of a kind are moved.
var shiftWeeks = map[sample.Kind]int{
	sample.University: 208, // 2017-2019 to 2020-12-27 … 2023-12-26
	sample.Steel:      208,
	sample.School:     208,
	sample.Server:     -104, // 2023 … 2025-10 to 2021 … 2023-10
	sample.Home:       0,    // already 2022-07-31 … 2023-07-31
}

// A role is a mine in the demo and what the state knows of it.
type role struct {
	meter   string
	family  string
	mine    sim.Mine // Start and End are local clock times written as UTC
	finding string   // what a visit would find; "" for an honest registered miner
	form    sim.Form // how it reaches its pool; NotMining leaves no traces in the logs
	past    bool     // past its meter: seen by the feeder's only
	reason  string   // for truth.csv

	registry  *datasets.RegistryEntry // BIN and Name are the site's
	declares  float64                 // share of its energy that it declares; 0: nothing
	reportsMW float64                 // in quarterly reports; 0: none
}

func clock(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic("demo: " + err.Error())
	}
	return t
}

func onDay(s string) datasets.Day { return datasets.DayOf(clock(s + " 00:00")) }

// mine fills in what all mines share: failures, repairs, dips and fans.
func mine(machines int, machineKW float64, duty sim.Duty, start, end string, seed uint64) sim.Mine {
	m := sim.Mine{
		Machines: machines, MachineKW: machineKW, Duty: duty, Start: clock(start),
		FailDay: 0.002, RepairDay: 0.1, DipsMonth: 4, Overhead: 0.03, PerDegree: 0.002, Seed: seed,
	}
	if end != "" {
		m.End = clock(end)
	}
	return m
}

// roles are the mines of the demo: every finding that the registry can bear
// out, an honest miner, and a garage.
var roles = []role{
	{
		meter: "cambridge-b33", family: "long night", finding: "unregistered", form: sim.Rigs,
		mine: mine(36, 3.35, sim.LongNight, "2022-06-14 00:00", "", 11), reason: "nights 00-10 behind an office building",
	},
	{
		meter: "cambridge-b97", family: "flat", finding: "unregistered", form: sim.TLS,
		mine: mine(5, 3.25, sim.AllHours, "2021-10-05 15:00", "", 12), reason: "began after the inflow of 2021; lost its network on 5-10 January 2022",
	},
	{
		meter: "cambridge-b71", family: "off peak", finding: "unregistered", form: sim.NotMining,
		mine: mine(26, 3.3, sim.OffPeak, "2022-09-08 11:00", "2023-06-20 17:00", 13), reason: "avoids the evening peak, gone before the network logs begin",
	},
	{
		meter: "cambridge-b78", family: "flat", finding: "", form: sim.Plain,
		mine: mine(30, 3.3, sim.AllHours, "2022-04-20 09:00", "", 14), reason: "registered, licensed, declares everything",
		registry: &datasets.RegistryEntry{
			NotifiedOn: onDay("2021-11-15"), DesignStartOn: onDay("2021-12-20"), ActivityStartOn: onDay("2022-04-15"), DeclaredMW: 0.15,
			LicenseNo: "DM-0011", LicenseType: "I", LicenseFrom: onDay("2023-04-03"), LicenseTo: onDay("2026-04-02"),
		},
		declares: 1.04, reportsMW: 0.1,
	},
	{
		meter: "cambridge-b37", family: "flat", finding: "under_declared", form: sim.FarmProxy,
		mine: mine(32, 3.4, sim.AllHours, "2022-03-10 13:00", "", 15), reason: "declares a third of its energy",
		registry: &datasets.RegistryEntry{
			NotifiedOn: onDay("2021-12-01"), DesignStartOn: onDay("2022-01-10"), ActivityStartOn: onDay("2022-03-10"), DeclaredMW: 0.2,
			LicenseNo: "DM-0017", LicenseType: "I", LicenseFrom: onDay("2023-04-10"), LicenseTo: onDay("2026-04-09"),
		},
		declares: 0.33, reportsMW: 0.04,
	},
	{
		meter: "cambridge-b23", family: "flat", finding: "after_termination", form: sim.Private,
		mine: mine(11, 3.2, sim.AllHours, "2022-02-17 10:00", "", 16), reason: "gave notice of termination and went on",
		registry: &datasets.RegistryEntry{
			NotifiedOn: onDay("2021-10-20"), DesignStartOn: onDay("2021-11-22"), ActivityStartOn: onDay("2022-02-10"), TerminatedOn: onDay("2022-12-31"), DeclaredMW: 0.05,
		},
		declares: 1, reportsMW: 0.036,
	},
	{
		meter: "cambridge-b119", family: "night", finding: "before_notification", form: sim.NotMining,
		mine: mine(6, 3.4, sim.Night, "2022-03-21 23:00", "", 17), reason: "began half a year before its notice",
		registry: &datasets.RegistryEntry{
			NotifiedOn: onDay("2022-10-03"), DesignStartOn: onDay("2022-11-07"), ActivityStartOn: onDay("2022-11-10"), DeclaredMW: 0.03,
			LicenseNo: "DM-0023", LicenseType: "I", LicenseFrom: onDay("2023-05-02"), LicenseTo: onDay("2026-05-01"),
		},
		declares: 0, reportsMW: 0,
	},
	{
		meter: "cambridge-b20", family: "ramp", finding: "unregistered", form: sim.NotMining,
		mine:   ramped(mine(3, 3.3, sim.AllHours, "2022-11-02 18:00", "", 18), 45),
		reason: "a back room, machine by machine",
	},
	{
		meter: "cambridge-b5", family: "bypass", finding: "bypass_suspected", form: sim.NotMining, past: true,
		mine: mine(20, 3.3, sim.AllHours, "2022-07-12 14:00", "", 20), reason: "taps the feeder before its meter",
	},
	{
		meter: "fontana-05", family: "garage", finding: "unregistered", form: sim.Plain,
		mine: mine(2, 3.25, sim.AllHours, "2022-12-11 20:00", "", 19), reason: "two machines in a garage",
	},
}

// feederID names the feeder that is metered in the demo, below which one of
// three sites mines past its meter.
const feederID = "F-117"

// feeder is who lies below it, by meter, with the contracted power in kW. The two
// others could not carry the mine, so the case is one that the balance can decide:
// it shows the way, not how often it is found.
var feeder = map[string]float64{"cambridge-b5": 630, "cambridge-b115": 60, "cambridge-b60": 50}

func ramped(m sim.Mine, days int) sim.Mine {
	m.RampDays = days
	return m
}
