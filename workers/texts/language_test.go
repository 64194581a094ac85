package texts

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"
)

// samples are numbers that between them need every plural form of a language.
func samples(lang string) []int {
	switch lang {
	case "ru":
		return []int{0, 1, 2, 5, 21}
	case "es":
		return []int{0, 1, 2, 1_000_000}
	}
	return []int{0, 1, 2}
}

// text is one form of a message in one language, beside its English one.
type text struct {
	lang, form, src string
	key             Key
	english         string
}

// everyText lists all forms of all texts.
func everyText(t *testing.T) []text {
	t.Helper()
	all := catalogs(t)
	var list []text
	for tag, messages := range all {
		for _, key := range Keys() {
			m := messages[key]
			if m == nil {
				t.Errorf("%s: %s is missing", tag, key)
				continue
			}
			english := sources(all[language.English][key])
			for form, src := range sources(m) {
				twin := english[form]
				if twin == "" {
					twin = english["other"]
				}
				list = append(list, text{tag.String(), form, src, key, twin})
			}
		}
	}
	return list
}

func (x text) errorf(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Errorf("%s: %s (%s): "+format+": %q", slices.Concat([]any{x.lang, x.key, x.form}, args, []any{x.src})...)
}

var (
	printing  = regexp.MustCompile(`\{\{(?:num|span|between|date|day|clip|keep|\.).*?\}\}`)
	action    = regexp.MustCompile(`\{\{.*?\}\}`)
	codeSpan  = regexp.MustCompile(`(?s)<code>.*?</code>`)
	example   = regexp.MustCompile(`(?s)<i>.*?</i>`)
	markup    = regexp.MustCompile(`</?(?:b|i|code|a)(?: href="[^"]*")?>`)
	slash     = regexp.MustCompile(`(?:^|[\s(“„«])(/[a-z]+(?:_[a-z]+)*(?: all\b)?)`)
	flagWord  = regexp.MustCompile(`--[a-z]+(?: \d[\d:]*)?`)
	addressed = regexp.MustCompile(`/?[a-z]*@`)
)

// plain is what people read of a text: without actions, markup, commands and flags.
func (x text) plain() string {
	s := x.src
	for _, r := range []*regexp.Regexp{action, markup, flagWord, addressed} {
		s = r.ReplaceAllString(s, "")
	}
	return slash.ReplaceAllString(s, "")
}

// same lists what a translation has to have exactly as English has it.
func same(src string) map[string][]string {
	lines := strings.Count(action.ReplaceAllString(src, ""), "\n")
	emoji := []string{}
	for _, r := range src {
		if r > 0x2190 && unicode.Is(unicode.So, r) {
			emoji = append(emoji, string(r))
		}
	}
	sorted := func(s []string) []string { slices.Sort(s); return append([]string{}, s...) }
	return map[string][]string{
		"markup": sorted(markup.FindAllString(src, -1)), "emoji": sorted(emoji), "lines": {strings.Repeat("|", lines)},
		"commands": sorted(slash.FindAllString(src, -1)), "flags": sorted(flagWord.FindAllString(src, -1)),
	}
}

func TestTranslationsHaveTheSameShape(t *testing.T) {
	t.Parallel()
	for _, x := range everyText(t) {
		want, got := same(x.english), same(x.src)
		for i, c := range got["commands"] { // what stands before the slash differs
			got["commands"][i] = c[strings.Index(c, "/"):]
		}
		for i, c := range want["commands"] {
			want["commands"][i] = c[strings.Index(c, "/"):]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			x.errorf(t, "differs from English (-en +%s):\n%s", x.lang, diff)
		}
		if a, b := ending(x.english), ending(x.src); a != b && x.key.alone() {
			x.errorf(t, "ends with %q, and English with %q", b, a)
		}
	}
}

// ending is the mark a text ends with, whatever stands around it.
func ending(src string) string {
	s := action.ReplaceAllString(printing.ReplaceAllString(src, "x"), "")
	s = strings.TrimSpace(markup.ReplaceAllString(s, ""))
	r, _ := utf8.DecodeLastRuneInString(s)
	switch r {
	case '.', '…', ':', ',':
		return string(r)
	case '?', '!':
		return "?!" // Spanish asks where English invites
	}
	return ""
}

// verbatim are texts that say the same in more than one language.
var verbatim = map[string][]Key{
	"de": {NoteModel, ButtonAuto, ButtonStyleAnime, ButtonStyleComic},
	"es": {ButtonAuto, partSeconds, partMinutes, partHours, ButtonStyleAnime},
	"tr": {ButtonStyleAnime},
	"ru": {},
}

func TestNothingIsLeftInEnglish(t *testing.T) {
	t.Parallel()
	for _, x := range everyText(t) {
		letters := strings.IndexFunc(x.plain(), unicode.IsLetter) >= 0
		if x.lang != "en" && letters && x.src == x.english && !slices.Contains(verbatim[x.lang], x.key) {
			x.errorf(t, "is English")
		}
	}
}

// latin are names that are written so in every language.
var latin = regexp.MustCompile(`\b(Imagika|Telegram|OpenAI|API|JPEG|PNG|WebP|UTC|start)\b`)

func TestAlphabets(t *testing.T) {
	t.Parallel()
	for _, x := range everyText(t) {
		if x.key == partNames {
			continue // in all languages
		}
		foreign := unicode.Cyrillic
		if x.lang == "ru" {
			foreign = unicode.Latin
		}
		for word := range strings.FieldsFuncSeq(latin.ReplaceAllString(x.plain(), ""), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if strings.IndexFunc(word, func(r rune) bool { return unicode.Is(foreign, r) }) >= 0 {
				x.errorf(t, "the word %q is in another alphabet", word)
			}
		}
	}
}

// typography lists what must not stand in a text, by language; "" is for all.
var typography = map[string]map[string]string{
	"": {
		`"`: "a straight quotation mark", `'`: "a straight apostrophe", `\.\.\.`: "three dots for an ellipsis",
		`\S  +`: "two spaces", `[ \x{a0}](\n|$)`: "a space at the end of a line", `^\s`: "a space at the beginning",
		`[ \x{a0}][,.;:!?…]`: "a space before a mark", `[,;!?][\p{L}]`: "no space after a mark", `\.\.`: "two full stops",
		`\p{L}- | -\p{L}`: "a hyphen for a dash", `\bTODO\b|XXX`: "something unfinished",
	},
	"en": {`[„«»]`: "foreign quotation marks", `—`: "a dash where a colon or a comma does"},
	"ru": {
		`[“”„]`: "foreign quotation marks", ` —`: "a breakable space before a dash", `7 \p{L}`: "a breakable space after a number",
		`(?i)(^|\P{L})(ты|тебе|тебя|твой|твоя|твои|твоё)(\P{L}|$)`: "ты", `[\p{L},] (Вы|Вас|Вам|Ваш\p{L}*)(\P{L}|$)`: "Вы with a capital",
		`(?i)\P{L}я[^.,]* \p{L}+(л|ла)\P{L}`: "a past tense that tells the bot's sex",
	},
	"de": {
		`[«»”]`: "foreign quotation marks", `7 \p{L}`: "a breakable space after a number",
		`(^|\P{L})(Sie|Ihnen|Ihre?[nmrs]?)(\P{L}|$)`: "the formal address",
	},
	"tr": {`[«»„]`: "foreign quotation marks", `(?i)(^|\P{L})(siz|size|sizi|sizin|lütfen \p{L}+(ın|in|un|ün|ınız|iniz))(\P{L}|$)`: "the formal address"},
	"es": {
		`[“”„]`: "foreign quotation marks", `7 \p{L}`: "a breakable space after a number",
		`(?i)(^|\P{L})(usted|ustedes|vos|vosotros|vuestr[oa]s?|tenéis)(\P{L}|$)`: "another form of address",
	},
}

func TestTypography(t *testing.T) {
	t.Parallel()
	for rules := range maps.Keys(typography) {
		for expr, what := range typography[rules] {
			bad := regexp.MustCompile(expr)
			for _, x := range everyText(t) {
				if rules != "" && rules != x.lang {
					continue
				}
				// Something stands for what is put in, and a number for a number, so that what follows is seen.
				s := markup.ReplaceAllString(strings.ReplaceAll(x.src, "{{num .Count}}", "7"), "")
				s = flagWord.ReplaceAllString(action.ReplaceAllString(printing.ReplaceAllString(s, "x"), ""), "x")
				if x.key == RowHistory {
					s = strings.ReplaceAll(s, "\n   ", "\n") // its second line is indented
				}
				if x.key.alone() && bad.MatchString(s) {
					x.errorf(t, "%s", what)
				}
			}
		}
	}
}

// alone reports whether a text can be read without what is put into it.
func (k Key) alone() bool { return !strings.HasPrefix(string(k), "part.") }

func TestQuestionsAndExclamationsOpenInSpanish(t *testing.T) {
	t.Parallel()
	for _, x := range everyText(t) {
		if x.lang != "es" {
			continue
		}
		for opening, closing := range map[string]string{"¿": "?", "¡": "!", "«": "»"} {
			if strings.Count(x.src, opening) != strings.Count(x.src, closing) {
				x.errorf(t, "%s without %s", opening, closing)
			}
		}
	}
}

func TestExamplesAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	for _, lang := range c.Languages() {
		p := c.For(lang)
		first := func(key Key, r *regexp.Regexp) string {
			s := markup.ReplaceAllString(r.FindString(p.HTML(key, sample(key, 2, "x"))), "")
			return strings.TrimSpace(s)
		}
		fox := first(MessageStartAgain, example)
		if fox == "" || first(MessageReady, example) != fox {
			t.Errorf("%s: two first examples: %q and %q", lang, fox, first(MessageReady, example))
		}
		short, _, _ := strings.Cut(fox, ",")
		if got := first(MessagePromptEmpty, codeSpan); got != "/imagine "+short {
			t.Errorf("%s: example after a command is %q", lang, got)
		}
		if !strings.HasSuffix(p.Plain(AboutBot, nil), ": "+short) || !strings.Contains(p.HTML(MessageGroupHint, sample(MessageGroupHint, 1, "b")), short+"</code>") {
			t.Errorf("%s: the example %q is not everywhere", lang, short)
		}
	}
}
