package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// prefix starts the name of every setting.
const prefix = "IMAGIKA_"

// fileSuffix makes the name of a secret's twin, which names a file that holds it.
const fileSuffix = "_FILE"

// setting is a field of [Config] as its tags describe it.
type setting struct {
	field    string // of Config
	name     string // of the variable
	fallback string
	section  string // heading that starts here
	help     string
	form     string // see check.go
	oneOf    []string
	min, max string
	kind     reflect.Type
	secret   bool
}

// settings lists them in the order of the fields.
func settings() []setting {
	var all []setting
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Tag.Get("env") != "-" {
			all = append(all, newSetting(f))
		}
	}
	return all
}

func newSetting(f reflect.StructField) setting {
	s := setting{
		field:    f.Name,
		name:     f.Tag.Get("env"),
		fallback: f.Tag.Get("envDefault"),
		section:  f.Tag.Get("section"),
		help:     f.Tag.Get("help"),
		form:     f.Tag.Get("form"),
		min:      f.Tag.Get("min"),
		max:      f.Tag.Get("max"),
		kind:     f.Type,
		secret:   f.Type == reflect.TypeFor[Secret](),
	}
	if words := f.Tag.Get("oneof"); words != "" {
		s.oneOf = strings.Split(words, "|")
	}
	return s
}

// want says which values are accepted, to follow "want" or "Accepts"; "" if any.
func (s setting) want() string {
	switch {
	case s.oneOf != nil:
		last := len(s.oneOf) - 1
		return strings.Join(s.oneOf[:last], ", ") + " or " + s.oneOf[last]
	case s.kind == reflect.TypeFor[time.Duration]():
		return fmt.Sprintf("a duration from %s to %s, such as %s", s.min, s.max, s.fallback)
	case s.min != "":
		return fmt.Sprintf("a whole number from %s to %s", s.min, s.max)
	case s.kind.Kind() == reflect.Bool:
		return "true or false"
	default:
		return formOf(s.form).want
	}
}

// refuse is the error for a value that is not accepted.
func (s setting) refuse(value string) error {
	return &SettingError{Name: s.name, Value: s.show(value), Want: s.want()}
}

// show is the value as an error may quote it: never a secret, nor a URL that
// might hold a password.
func (s setting) show(value string) string {
	const limit = 100
	switch {
	case s.secret:
		return mask
	case strings.Contains(value, "@"):
		return "<not shown>"
	case len(value) > limit:
		value = value[:limit] + "…"
	}
	return fmt.Sprintf("%q", Redact(value))
}

// SettingError is one wrong, missing, unknown or contradictory setting. Its text
// is one line and holds no secret.
type SettingError struct {
	Name   string // of the variable
	Value  string // as it may be shown; "" where that says nothing
	Want   string // what is accepted; "" where Reason says it
	Reason string // what is wrong, if it is not the value by itself
	Err    error  // what somebody else says who read the value; nil where nobody did
}

// Refuse is the error for a value that somebody else read and does not accept; nil where they do.
func Refuse(name string, err error) error {
	if err == nil {
		return nil
	}
	return &SettingError{Name: name, Err: err}
}

// Unwrap is what somebody else says.
func (e *SettingError) Unwrap() error { return e.Err }

func (e *SettingError) Error() string {
	text := e.Name
	if e.Err != nil {
		return text + ": " + e.Err.Error()
	}
	if e.Value != "" {
		text += "=" + e.Value
	}
	if e.Reason != "" {
		return text + " " + e.Reason
	}
	return text + ": want " + e.Want
}
