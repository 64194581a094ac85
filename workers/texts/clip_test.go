package texts

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func TestClip(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit    int
		in, want string
	}{
		{10, "short", "short"},
		{10, "ten chars!", "ten chars!"},
		{10, "eleven char", "eleven ch…"},
		{8, "a b c d e", "a b c d…"},
		{5, "line\nbreak", "line…"},
		{4, "𝔘𝔘𝔘", "𝔘…"},
		{5, "  a \n\t b ", "a b"},
		{3, "", ""},
		{9, "e\u0301e\u0301e\u0301e\u0301e\u0301", "e\u0301e\u0301e\u0301e\u0301…"},
		{8, "e\u0301e\u0301e\u0301e\u0301e\u0301", "e\u0301e\u0301e\u0301…"},
		{12, "a 👨‍👩‍👧 at sea", "a 👨‍👩‍👧…"},
		{10, "a 👨‍👩‍👧 at sea", "a…"},
		{8, "🇩🇪🇹🇷🇪🇸", "🇩🇪…"},
		{9, "🇩🇪🇹🇷🇪🇸", "🇩🇪🇹🇷…"},
		{6, "👍🏽👍🏽", "👍🏽…"},
		{6, "x👍🏽👍🏽", "x👍🏽…"},
		{4, "한\u1112\u1161\u11ab\u1112\u1161\u11ab", "한…"},
		{3, "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "…"},
	} {
		if got := Clip(tt.limit, tt.in); got != tt.want {
			t.Errorf("Clip(%d, %q) = %q, want %q", tt.limit, tt.in, got, tt.want)
		}
	}
}

// Whatever people write, what is left fits, is valid and begins like the original.
func FuzzClip(f *testing.F) {
	for _, s := range []string{"a fox under a moon", "👨‍👩‍👧", "🇩🇪🇹🇷", "e\u0301\u0301\u0301", "\xff\xfe", ""} {
		f.Add(s, 5)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 1 || limit > 5000 || !utf8.ValidString(s) {
			return
		}
		got := Clip(limit, s)
		if n := len(utf16.Encode([]rune(got))); n > limit || !utf8.ValidString(got) {
			t.Errorf("Clip(%d, %q) = %q, %d units", limit, s, got, n)
		}
		if line := strings.Join(strings.Fields(s), " "); got != line && !strings.HasPrefix(line, strings.TrimSuffix(got, "…")) {
			t.Errorf("Clip(%d, %q) = %q", limit, s, got)
		}
	})
}
