package load

// What each detector looks for, in plain characters: the load of a site (or the
// loss of a feeder) over time, drawn by hand.
const (
	addedPicture = `  kW
   |                     onset      dips of one depth        end, or on
   |                       |  _   _    __   _   _    _   __   _ |
   |                       | | |_| |__|  |_| | | |__| |_|  |_| ||
   |   _   _    _   _    _ |_|               |_|                ||_   _
   |__| |_| |__| |_| |__| |     the same at every hour of duty    | |_| |
   +------------------------------------------------------------------- weeks`

	cutoffPicture = `  kW
   |  _   _   _   _             _   _   _   _
   |_| |_| |_| |_| |           | |_| |_| |_| |_
   |               |  _   _    |
   |               |_| |_| |___|      the load falls while miners are cut
   |               |<-- cut -->|      off, and returns after
   +------------------------------------------------------------------- days`

	shapePicture = `  kW      a site like its peers            a flat load
   |       __        __                 ________________________
   |      |  |      |  |
   |    _|   |_   _|   |_
   |___|       |_|       |__
   +------------------------------------------------------------------- hours`

	meterPicture = `  kW   a factor: all hours alike             a clock: the same, but later
   |                  _       _            |
   |                 | |     | |           |   _       _    |    _       _
   |                 | |     | |           |  | |     | |   |   | |     | |
   |   _       _   __| |_____| |__         |  | |     | |   |   | |     | |
   |__| |_____| |_|                        |__| |_____| |___|___| |_____| |_
   |  a mine adds the same to every hour   +--------------- change --------- days
   +------------------------------- days`

	groupPicture = `  kW      first meter                kW      second meter
   |            _    _   _  _          |               _   _   _
   |   _    _  | |__| |_| || |_        |  _   _   _   | |_| |_| |_
   |__| |__| |_|                       |_| |_| |_| |__|
   |          ^ within days of each other, in the same hours
   +---------------------- weeks       +---------------------- weeks`

	bypassPicture = `  kW
   |  entered the feeder     ______________________
   |  ______________________|   loss: no meter below saw it
   |  _____________________________________________  sum of the meters
   |
   +------------------------------------------------------------------- weeks`

	billingPicture = `  kWh a month
   |                          #  #  #  #  #   above the same month
   |  #        #  #        #  #  #  #  #  #   of the year before,
   |  #  #  #  #  #  #  #  #  #  #  #  #  #   and equally so
   +------------------------------------------------------------------- months`
)
