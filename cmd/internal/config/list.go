package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"
)

// Line is a setting as it may be shown.
type Line struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // a secret reads <secret>
	Default bool   `json:"default"`
	Help    string `json:"help"`
}

// Sources are the names of links whose visits are counted by them.
func (c Config) Sources() []string { return list(c.VisitSources) }

// Proxies are the networks of those that are believed.
func (c Config) Proxies() []netip.Prefix {
	all, _ := networks(c.TrustedProxy) // was checked when it was loaded
	return all
}

// Lines are all settings of a configuration, in the order of .env.example. No secret is among them.
func (c Config) Lines() []Line {
	var all []Line
	v := reflect.ValueOf(c)
	for _, s := range settings() {
		value := s.plain(v.FieldByName(s.field))
		all = append(all, Line{s.name, value, strings.EqualFold(value, s.usual()), s.help})
	}
	return all
}

// usual is the default as plain would show it.
func (s setting) usual() string {
	if d, err := time.ParseDuration(s.fallback); err == nil && s.kind == reflect.TypeFor[time.Duration]() {
		return d.String()
	}
	return s.fallback
}

// plain is the value of a field, as it can be set.
func (s setting) plain(v reflect.Value) string {
	text := fmt.Sprint(v.Interface())
	if !s.secret {
		text = Redact(text)
	}
	return text
}

// Problems are what is wrong with settings, a line each.
func Problems(err error) []string {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{Redact(err.Error())}
	}
	var all []string
	for _, one := range joined.Unwrap() {
		all = append(all, Problems(one)...)
	}
	return all
}
