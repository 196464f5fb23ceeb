package ref

import "testing"

func TestLoadScale(t *testing.T) {
	if none := must(t, LoadLoadScale, ""); len(none) != 0 {
		t.Errorf("%d lines ship", len(none))
	}
	const head = "log_lr,worth,source,confidence\n"
	scale := must(t, LoadLoadScale, head+"0,-0.25,own meters,C\n3.9,2.5,own meters,C\n")
	if len(scale) != 2 || scale[0].Worth != -0.25 || scale[1].LogLR != 3.9 {
		t.Errorf("%+v", scale)
	}
	refuse(t, LoadLoadScale, head+"0,x,own meters,C\n", "column worth: want a number")
	refuse(t, LoadLoadScale, head+"0,NaN,own meters,C\n", "column worth: want a number")
	refuse(t, LoadLoadScale, head+"0,1,own meters,C\n1,1,own meters,C\n", "does not rise")
	refuse(t, LoadLoadScale, head+"1,0,own meters,C\n0,1,own meters,C\n", "does not rise")
}
