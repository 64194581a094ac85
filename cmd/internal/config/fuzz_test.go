package config

import (
	"strings"
	"testing"
)

// FuzzLoad: whatever a setting is set to, it is taken or refused by its name, and what is secret is not told.
func FuzzLoad(f *testing.F) {
	known := settings()
	for i, s := range known {
		f.Add(uint(i), s.fallback)
		f.Add(uint(i), "!"+word)
	}
	for i, v := range []string{"-1", "1e9", "9999999999999999999", "24h", "true", "postgres://a:" + word + "@h/d", "https://h/\x00", "a=1,b=2,,", "10.0.0.0/8, x", key + "," + key, "\xff"} {
		f.Add(uint(i*7), v)
	}
	f.Fuzz(func(t *testing.T, which uint, value string) {
		s := known[which%uint(len(known))]
		_, err := Load(RoleWorker, append(worker(), s.name+"="+value))
		if err == nil || !s.secret || len(value) < 8 {
			return
		}
		if said := err.Error(); strings.Contains(said, value) && !strings.Contains(s.name+" "+s.help+" "+s.form, value) {
			t.Errorf("%s tells its value: %v", s.name, err)
		}
	})
}

// FuzzRedact: a token does not get through, whatever stands around it.
func FuzzRedact(f *testing.F) {
	for _, s := range []string{"", "/bot", "https://api.telegram.org/bot", "1:", "12345", ":", "%3A", "\x00", "/file/bot/"} {
		f.Add(s, s)
		f.Add(s, "/getMe")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		_, secret, _ := strings.Cut(token, ":")
		for _, written := range []string{token, strings.Replace(token, ":", "%3A", 1), "/bot" + token + "/"} {
			if got := Redact(before + written + after); strings.Contains(got, secret) {
				t.Errorf("%q becomes %q", before+written+after, got)
			}
		}
	})
}
