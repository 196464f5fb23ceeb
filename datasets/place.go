package datasets

import "math"

// DistanceM returns the great-circle distance in metres between two places in
// degrees (haversine; mean radius of the Earth 6371.0088 km, good to 0.5 per cent).
func DistanceM(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	a := math.Pow(math.Sin((lat2-lat1)*rad/2), 2) + math.Cos(lat1*rad)*math.Cos(lat2*rad)*math.Pow(math.Sin((lon2-lon1)*rad/2), 2)
	return 2 * 6371008.8 * math.Asin(math.Sqrt(min(1, a)))
}
