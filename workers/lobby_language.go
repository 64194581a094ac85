package workers

import (
	"slices"

	"golang.org/x/text/language"
)

// The languages in which people can meet: by ISO 639, with their own names. They are more than the bot speaks.

// talkLanguage is one of them.
type talkLanguage struct{ code, name string }

// talkLanguages are all, those that most people speak here first.
func talkLanguages() []talkLanguage {
	return []talkLanguage{
		{"en", "English"},
		{"ru", "Русский"},
		{"de", "Deutsch"},
		{"tr", "Türkçe"},
		{"es", "Español"},
		{"pt", "Português"},
		{"fr", "Français"},
		{"it", "Italiano"},
		{"uk", "Українська"},
		{"ar", "العربية"},
		{"fa", "فارسی"},
		{"hi", "हिन्दी"},
		{"id", "Bahasa Indonesia"},
		{"uz", "Oʻzbekcha"},
		{"kk", "Қазақша"},
		{"pl", "Polski"},
		{"zh", "中文"},
		{"ja", "日本語"},
		{"ko", "한국어"},
		{"vi", "Tiếng Việt"},
		{"th", "ไทย"},
		{"nl", "Nederlands"},
		{"cs", "Čeština"},
		{"ro", "Română"},
		{"hu", "Magyar"},
		{"el", "Ελληνικά"},
		{"sv", "Svenska"},
		{"he", "עברית"},
		{"az", "Azərbaycanca"},
		{"be", "Беларуская"},
		{"bg", "Български"},
		{"bn", "বাংলা"},
		{"bs", "Bosanski"},
		{"ca", "Català"},
		{"da", "Dansk"},
		{"et", "Eesti"},
		{"fi", "Suomi"},
		{"fil", "Filipino"},
		{"hr", "Hrvatski"},
		{"hy", "Հայերեն"},
		{"ka", "ქართული"},
		{"ky", "Кыргызча"},
		{"lt", "Lietuvių"},
		{"lv", "Latviešu"},
		{"mn", "Монгол"},
		{"ms", "Bahasa Melayu"},
		{"nb", "Norsk"},
		{"sk", "Slovenčina"},
		{"sl", "Slovenščina"},
		{"sq", "Shqip"},
		{"sr", "Српски"},
		{"sw", "Kiswahili"},
		{"ta", "தமிழ்"},
		{"tg", "Тоҷикӣ"},
		{"tk", "Türkmençe"},
		{"ur", "اردو"},
	}
}

// talkName is what a language is called by those who speak it, empty for one there is not.
func talkName(code string) string {
	for _, l := range talkLanguages() {
		if l.code == code {
			return l.name
		}
	}
	return ""
}

// likely is the language that somebody with such a tag talks, empty if people do not meet in it.
func likely(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return ""
	}
	base, _ := t.Base()
	if base.String() == "no" {
		return "nb"
	}
	if talkName(base.String()) == "" {
		return ""
	}
	return base.String()
}

// talkPage is how many languages stand on a page; the first has those that most people speak.
const talkPage = 8

// talkChoices are the languages of a page, from zero, the person's own first, and whether there is a page after it.
func talkChoices(own []string, page int) (all []talkLanguage, more bool) {
	list := talkLanguages()
	at := 0
	for _, code := range own {
		if i := slices.IndexFunc(list, func(l talkLanguage) bool { return l.code == code }); i >= at {
			one := list[i]
			list = slices.Insert(slices.Delete(list, i, i+1), at, one)
			at++
		}
	}
	from := min(max(page, 0)*talkPage, len(list))
	to := min(from+talkPage, len(list))
	return list[from:to], to < len(list)
}
