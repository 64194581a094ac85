package telegram

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		width, height int
		bytes         int64
		want          Form
	}{
		{"one", 1024, 1024, 1 << 20, FormPhoto},
		{"largest photo", 5000, 5000, MaxPhotoBytes, FormPhoto},
		{"a byte more", 5000, 5000, MaxPhotoBytes + 1, FormDocument},
		{"a pixel more", 5001, 5000, 1000, FormDocument},
		{"ratio 20", 2000, 100, 1000, FormPhoto},
		{"ratio over 20", 2001, 100, 1000, FormDocument},
		{"tall", 100, 2001, 1000, FormDocument},
		{"no header", 0, 0, 1000, FormDocument},
		{"lying header", math.MaxInt, math.MaxInt, 1000, FormDocument},
		{"largest document", 9000, 9000, MaxDocumentBytes, FormDocument},
		{"too large", 100, 100, MaxDocumentBytes + 1, FormLink},
	} {
		if got := FormFor(tt.width, tt.height, tt.bytes); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTheLadderEnds(t *testing.T) {
	t.Parallel()
	var way []Form
	for f, ok := FormPhoto, true; ok; f, ok = f.Below() {
		way = append(way, f)
	}
	if diff := cmp.Diff([]Form{FormPhoto, FormDocument, FormLink}, way); diff != "" {
		t.Errorf("down the ladder (-want +got):\n%s", diff)
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
