package openai

import (
	"testing"
	"time"
	"unicode/utf8"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want problem
	}{
		{`{"error":{"message":"m","type":"t","param":null,"code":"c"}}`, problem{message: "m", code: "c", kind: "t"}},
		{`{"error":{"message":"m","type":null,"code":429}}`, problem{message: "m", code: "429"}},
		{`{"code":"c","error":"m"}`, problem{message: "m", code: "c"}},
		{`{"error":"m"}`, problem{message: "m"}},
		{`{"error":"server_error","message":"m"}`, problem{message: "m"}},
		{`{"detail":"m"}`, problem{message: "m"}},
		{`{"detail":[{"msg":"m","type":"t"}]}`, problem{message: "m", kind: "t"}},
		{`{"error":{"code":"c","moderation_details":{"moderation_stage":"output"}}}`, problem{code: "c", stage: "output"}},
		{`{"error":{"code":"c","moderation_details":{"moderation_stage":"unknown"}}}`, problem{code: "c"}},
		{`{"error":{"error":{"error":{"error":{"error":"deep"}}}}}`, problem{}},
		{`"m"`, problem{message: "m"}},
		{`[]`, problem{}},
		{`null`, problem{}},
		{``, problem{}},
	}
	for _, tt := range tests {
		if got := readProblem([]byte(tt.text)); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]time.Duration{
		"Please try again in 12s.":               12 * time.Second,
		"Please try again in 350ms. Visit":       350 * time.Millisecond,
		"try again in 1m30s":                     90 * time.Second,
		"Try again in 1.5s":                      1500 * time.Millisecond,
		"retry after 30 seconds":                 30 * time.Second,
		"try again in 20 milliseconds":           20 * time.Millisecond,
		"rate limit resets in ~30s.":             30 * time.Second,
		"try again in 999999h":                   maxWait,
		"try again later":                        0,
		"Limit: 5/1min. Current: 6/1min":         0,
		"":                                       0,
		"try again in s":                         0,
		"a fox that says: please try it again 5": 0,
	} {
		if got := (problem{message: message}).wait(); got != want {
			t.Errorf("%q: %v, want %v", message, got, want)
		}
	}
}

func FuzzProblem(f *testing.F) {
	f.Add([]byte(`{"error":{"message":"Please try again in 1m30s","type":"t","code":5,"moderation_details":{"moderation_stage":"input"}}}`))
	f.Add([]byte(`{"detail":[{"msg":[]}],"error":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p := readProblem(text)
		if d := p.wait(); d < 0 || d > maxWait {
			t.Errorf("wait %v", d)
		}
		if tag := p.tag(""); len(tag) > 132 || !utf8.ValidString(tag) {
			t.Errorf("tag %q", tag)
		}
		if p.stage != "" && p.stage != "input" && p.stage != "output" {
			t.Errorf("stage %q", p.stage)
		}
	})
}
