package telegram

import (
	"encoding/json"
	"math"
	"testing"
)

func TestFormFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		width, height int
		bytes         int64
		count         int
		want          Form
	}{
		{"one", 1024, 1024, 1 << 20, 1, FormPhoto},
		{"several", 1024, 1024, 1 << 20, 4, FormAlbum},
		{"largest photo", 5000, 5000, MaxPhotoBytes, 1, FormPhoto},
		{"a byte more", 5000, 5000, MaxPhotoBytes + 1, 1, FormDocument},
		{"a pixel more", 5001, 5000, 1000, 1, FormDocument},
		{"ratio 20", 2000, 100, 1000, 1, FormPhoto},
		{"ratio over 20", 2001, 100, 1000, 1, FormDocument},
		{"tall", 100, 2001, 1000, 4, FormDocument},
		{"no header", 0, 0, 1000, 1, FormDocument},
		{"lying header", math.MaxInt, math.MaxInt, 1000, 1, FormDocument},
		{"largest document", 9000, 9000, MaxDocumentBytes, 1, FormDocument},
		{"too large", 100, 100, MaxDocumentBytes + 1, 4, FormLink},
	} {
		if got := FormFor(tt.width, tt.height, tt.bytes, tt.count); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTheLadderEnds(t *testing.T) {
	t.Parallel()
	for _, f := range []Form{FormPhoto, FormAlbum, FormDocument, FormLink} {
		for steps := 0; ; steps++ {
			below, ok := f.Below()
			if !ok {
				break
			}
			if steps > 3 || Lowest(f, below) != below {
				t.Fatalf("%s is not below %s", below, f)
			}
			f = below
		}
		if f != FormLink {
			t.Errorf("the ladder ends at %s", f)
		}
	}
}

func TestKeyboardJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(Keyboard{Row(Button{Text: "A", Data: "a"}, Button{Text: "B", URL: "https://b/", Data: "b"}), Row()})
	const want = `{"inline_keyboard":[[{"text":"A","callback_data":"a"},{"text":"B","url":"https://b/"}]]}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}
