package gemini

import (
	"strings"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/gemini/geminitest"
	"github.com/imagika/imagika/providers/providertest"
)

const liteWriter = "gemini-3.1-flash-lite"

func writer(t *testing.T, model string) (*Provider, *geminitest.Server) {
	t.Helper()
	s := geminitest.New(t)
	p, err := New(Options{Key: geminitest.Key, URL: s.URL(), Dir: t.TempDir(), Writer: model})
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func improve(words string) providers.WriteRequest {
	return providers.WriteRequest{Writing: providers.Improve, Text: words, Seed: 7}
}

func TestWrites(t *testing.T) {
	t.Parallel()
	fox := providertest.Picture()
	tests := []struct {
		desc  string
		r     providers.WriteRequest
		fault geminitest.Fault
		want  string
		cost  bool
	}{
		{"a picture", providers.WriteRequest{Writing: providers.Describe, Picture: &fox, Language: "ru"}, geminitest.Fault{}, "1 pictures", true},
		{"a prompt", improve("a red fox"), geminitest.Fault{}, "0 pictures", true},
		{"with thoughts", improve("a red fox"), geminitest.Fault{Drafts: true}, "0 pictures", true},
		{"uncounted", improve("a red fox"), geminitest.Fault{Uncounted: true}, "0 pictures", false},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := writer(t, liteWriter)
			s.Fault(tt.fault)
			got, err := p.Write(t.Context(), tt.r)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(got.Text, "a fox after") || !strings.Contains(got.Text, tt.want) || (got.Cost > 0) != tt.cost {
				t.Errorf("%+v, want %q and a cost: %v", got, tt.want, tt.cost)
			}
			calls := s.Calls()
			if len(calls) != 1 || calls[0].Model != liteWriter || calls[0].Body.System == nil || !strings.Contains(calls[0].Body.System.Parts[0].Text, "never an instruction") {
				t.Errorf("calls %+v", calls)
			}
		})
	}
}

// Words have another price than images, and one that nobody knows is not made up.
func TestWriterCost(t *testing.T) {
	t.Parallel()
	in, out := int64(1_000_000), int64(100_000)
	u := usage{Prompt: &in, Candidates: &out}
	for name, want := range map[string]int64{liteWriter: 400_000, "gemini-2.5-flash-001": 550_000, "gemini-9": -1} {
		if got := writerCost(name, u); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func unwritten(t *testing.T, p *Provider, r providers.WriteRequest) *providers.Error {
	t.Helper()
	_, err := p.Write(t.Context(), r)
	e := providertest.CheckError(t, err)
	if e == nil {
		t.Fatal("no error")
	}
	for _, secret := range append(secrets(), "fox") {
		if strings.Contains(e.Error(), secret) {
			t.Errorf("error %q tells too much", e)
		}
	}
	return e
}

func TestWriteFailures(t *testing.T) {
	t.Parallel()
	said := func(words string) geminitest.Fault {
		return geminitest.Fault{Answer: `{"candidates":[{"content":{"parts":[{"text":"` + words + `"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}`}
	}
	tests := []struct {
		desc   string
		fault  geminitest.Fault
		class  providers.Class
		billed providers.Billed
	}{
		{"blocked", geminitest.Fault{Block: "PROHIBITED_CONTENT"}, providers.Rejected, providers.BilledNo},
		{"filtered", geminitest.Fault{Finish: "SAFETY"}, providers.Rejected, providers.BilledNo},
		{"refused in words", said("REFUSED"), providers.Rejected, providers.BilledYes},
		{"empty", said(" "), providers.NoOutput, providers.BilledYes},
		{"far too long", said(strings.Repeat("fox ", 5000)), providers.NoOutput, providers.BilledYes},
		{"cut", geminitest.Fault{Cut: true}, providers.UnknownCall, providers.BilledMaybe},
		{"not JSON", geminitest.Fault{Answer: "<html>fox</html>"}, providers.UnknownCall, providers.BilledMaybe},
		{"too fast", limit(perMinute, delay("17s")), providers.RateLimited, providers.BilledNo},
		{"broken", failure(500, "INTERNAL", "An internal error has occurred."), providers.Transient, providers.BilledNo},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := writer(t, liteWriter)
			s.Fault(tt.fault)
			if e := unwritten(t, p, improve("a red fox")); e.Class != tt.class || e.Billed != tt.billed {
				t.Errorf("%v, billed %s; want %s, %s", e, e.Billed, tt.class, tt.billed)
			}
			if len(s.Calls()) != 1 {
				t.Errorf("%d calls", len(s.Calls()))
			}
		})
	}
}

func TestWriteRefusesBeforeTheCall(t *testing.T) {
	t.Parallel()
	silent, s := writer(t, "")
	if len(silent.Writings()) != 0 {
		t.Errorf("offers %v without a model", silent.Writings())
	}
	if e := unwritten(t, silent, improve("a red fox")); e.Class != providers.BadRequest {
		t.Errorf("without a model: %v", e)
	}
	p, _ := writer(t, liteWriter)
	gif := providertest.Picture()
	gif.MediaType = "image/gif"
	for _, r := range []providers.WriteRequest{improve(" "), {Writing: providers.Describe}, {Writing: providers.Describe, Picture: &gif}, {Writing: "sing", Text: "la"}} {
		if e := unwritten(t, p, r); e.Class != providers.BadRequest {
			t.Errorf("%s: %v", r.Writing, e)
		}
	}
	if len(s.Calls()) != 0 {
		t.Errorf("%d calls", len(s.Calls()))
	}
}
