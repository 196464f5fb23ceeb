package ref

import "testing"

func TestPlaces(t *testing.T) {
	places := must(t, LoadPlaces, "")
	if len(places) < 30 {
		t.Errorf("%d places", len(places))
	}
	const head = "kind,region,town,names,source,confidence\n"
	more := must(t, LoadPlaces, head+"town,15,,Хромтау|Khromtau,own list,U\nstreet,75,Алматы,Достык|Достық|Ленина|Lenin avenue,own list,U\n")
	if len(more) != len(places)+1 {
		t.Errorf("%d places, want one town more and one street in its place: %d", len(more), len(places)+1)
	}
	refuse(t, LoadPlaces, head+"street,75,,Достык,own list,U\n", "column town")
	refuse(t, LoadPlaces, head+"street,75,Nowhere,Достык,own list,U\n", "no town has")
	refuse(t, LoadPlaces, head+"town,75,,A||B,own list,U\n", "empty name")
}

func TestAccreditedPools(t *testing.T) {
	if none := must(t, LoadAccreditedPools, ""); len(none) != 0 {
		t.Errorf("%d pools ship; no names were seen", len(none))
	}
	const head = "pool,from,to,note,source,confidence\n"
	pools := must(t, LoadAccreditedPools, head+"Kazpool,2023-06-01,2024-05-31,,order,U\nKazpool,2025-01-01,,,order,U\n")
	for d, want := range map[string]bool{"2023-05-31": false, "2023-06-01": true, "2024-05-31": true, "2024-06-01": false, "2026-01-01": true} {
		if got := pools.On("KAZPOOL", day(t, d)); got != want {
			t.Errorf("%s: %v", d, got)
		}
	}
	refuse(t, LoadAccreditedPools, head+",2023-06-01,,,order,U\n", "column pool")
	refuse(t, LoadAccreditedPools, head+"X,2023-06-01,2023-05-01,,order,U\n", "lies before")
}
