package telegramtest

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryMethodIsServed holds the table of handlers against spec.txt.
func TestEveryMethodIsServed(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	defer s.Close()
	var documented []string
	for _, def := range s.spec.methods {
		documented = append(documented, def.name)
	}
	slices.Sort(documented)
	if diff := cmp.Diff(documented, slices.Sorted(maps.Keys(s.handlers))); diff != "" {
		t.Errorf("methods (-spec.txt +handlers):\n%s", diff)
	}
}

// TestSpecIsClosed checks that every type a field names is known or left out on
// purpose.
func TestSpecIsClosed(t *testing.T) {
	t.Parallel()
	sp := theSpec()
	known := []string{
		"Integer", "String", "Boolean", "True", "Float", "InputFile",
		// Media this server takes none of.
		"InputMediaAnimation", "InputMediaAudio", "InputMediaLivePhoto", "InputMediaVideo",
	}
	for _, defs := range []map[string]*object{sp.methods, sp.types} {
		for _, def := range defs {
			for name, f := range def.fields {
				for _, typ := range f.types {
					typ = strings.ReplaceAll(typ, "[]", "")
					if sp.types[typ] == nil && sp.unions[typ] == nil && !slices.Contains(known, typ) {
						t.Errorf("%s.%s is of an unknown type %s", def.name, name, typ)
					}
				}
			}
		}
	}
	for name, options := range sp.unions {
		for _, option := range options {
			if sp.types[option] == nil {
				t.Errorf("union %s: unknown type %s", name, option)
			}
		}
	}
}

// documentation is the machine-readable Bot API documentation.
type documentation struct {
	Methods, Types map[string]struct {
		Fields []struct {
			Name, Description string
			Types             []string
			Required          bool
		}
		Subtypes []string
	}
}

// readDocumentation reads a copy that may lie beside the repository; ok is false where
// there is none.
func readDocumentation(t *testing.T) (doc documentation, ok bool) {
	t.Helper()
	raw, err := os.ReadFile("../../../../shared/botapi/api.json")
	if err != nil {
		t.Log("no copy of the documentation to compare with")
		return doc, false
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc, true
}

// TestSpecAgreesWithTheDocumentation holds spec.txt against the documentation, both
// ways: every method and type of the one is in the other with the same fields.
func TestSpecAgreesWithTheDocumentation(t *testing.T) {
	t.Parallel()
	doc, ok := readDocumentation(t)
	if !ok {
		return
	}
	sp := theSpec()
	for kind, defs := range map[string]map[string]*object{"method": sp.methods, "type": sp.types} {
		for _, def := range defs {
			e, found := doc.Methods[def.name]
			if kind == "type" {
				e, found = doc.Types[def.name]
			}
			if !found {
				t.Errorf("%s %s is not documented", kind, def.name)
			}
			want, got := map[string]string{}, map[string]string{}
			for _, f := range e.Fields {
				want[f.Name] = signature(strings.ReplaceAll(strings.Join(f.Types, "|"), "Array of ", "[]"), f.Required)
			}
			for name, f := range def.fields {
				got[name] = signature(strings.Join(f.types, "|"), f.required)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-documented +spec.txt):\n%s", def.name, diff)
			}
		}
	}
	for name, options := range sp.unions {
		want := slices.Sorted(slices.Values(doc.Types[name].Subtypes))
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(options))); diff != "" {
			t.Errorf("union %s (-documented +spec.txt):\n%s", name, diff)
		}
	}
}

func signature(types string, required bool) string {
	if required {
		return types + "!"
	}
	return types
}

// documentedLimits are the limits of the server under the fields whose descriptions
// state them; * stands for every method or type.
var documentedLimits = map[string]int{
	"*.caption": maxCaption, "*.text": maxMessageText, "*.message_text": maxMessageText, "*.quote": maxCaption,
	"*.media": 10, "sendPaidMedia.media": maxPaidItems, "*.limit": 100,
	"answerCallbackQuery.text": maxAnswer, "InlineKeyboardButton.callback_data": maxCallbackData, "CopyTextButton.text": maxCopyText,
	"*.title": maxInvoiceTitle, "*.description": maxInvoiceDescription, "*.payload": maxInvoicePayload, "sendPaidMedia.payload": maxPaidPayload,
	"setMyDescription.description": maxBotDescription, "setMyShortDescription.short_description": maxShortDescription, "setMyName.name": maxName,
	"BotCommand.command": maxCommandName, "BotCommand.description": maxCommandDescription, "setWebhook.secret_token": maxSecret,
	"sendPoll.question": maxQuestion, "sendPoll.explanation": maxExplanation, "sendPoll.description": maxPollDescription,
	"InputPollOption.text": maxOption, "*.vcard": maxVCard, "*.id": maxResultID, "answerInlineQuery.next_offset": maxNextOffset,
	"InlineQueryResultsButton.start_parameter": maxStartParameter, "*.input_field_placeholder": maxPlaceholder,
}

// statedLimit finds a limit in the words of a description.
var statedLimit = regexp.MustCompile(`(?i)\b(?:\d+-|up to |exceed )(\d+) (?:characters|bytes|items)|between 1-(\d+) are`)

// TestLimitsAgreeWithTheDocumentation reads the limits out of the descriptions and holds
// them against those of the server, both ways.
func TestLimitsAgreeWithTheDocumentation(t *testing.T) {
	t.Parallel()
	doc, ok := readDocumentation(t)
	if !ok {
		return
	}
	sp, used := theSpec(), map[string]bool{}
	for _, defs := range []map[string]*object{sp.methods, sp.types} {
		for _, def := range defs {
			for _, f := range append(doc.Methods[def.name].Fields, doc.Types[def.name].Fields...) {
				m := statedLimit.FindStringSubmatch(f.Description)
				if m == nil {
					continue
				}
				key := def.name + "." + f.Name
				if _, own := documentedLimits[key]; !own {
					key = "*." + f.Name
				}
				used[key] = true
				if got := documentedLimits[key]; itoa(int64(got)) != m[1]+m[2] {
					t.Errorf("%s.%s is limited to %d, documented as %q", def.name, f.Name, got, m[0])
				}
			}
		}
	}
	for key := range documentedLimits {
		if !used[key] {
			t.Errorf("no description states the limit of %s", key)
		}
	}
}

// TestAbsentMethodsAreListed holds the list of what is not served against the
// documentation.
func TestAbsentMethodsAreListed(t *testing.T) {
	t.Parallel()
	doc, ok := readDocumentation(t)
	if !ok {
		return
	}
	raw, err := os.ReadFile("absent.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(string(raw), ""))
	var absent []string
	for _, name := range slices.Sorted(maps.Keys(doc.Methods)) {
		if theSpec().methods[strings.ToLower(name)] == nil {
			absent = append(absent, name)
		}
	}
	slices.Sort(listed)
	if diff := cmp.Diff(absent, listed); diff != "" {
		t.Errorf("methods that are not served (-documented +absent.txt):\n%s", diff)
	}
}
