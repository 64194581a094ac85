package workers

import (
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// AnnouncementFallback is the language of the text for people in whose language there is none.
const AnnouncementFallback = "en"

// maxMessage is the longest text, in UTF-16 units after entities.
const maxMessage = 4096

var sectionForm = regexp.MustCompile(`^\[([A-Za-z-]+)\]\s*$`)

// ParseAnnouncement reads a document: a line with a language in brackets, such as [de], and below it the text in Telegram's HTML,
// for each language there is. There has to be one in English: people in whose language there is none read that.
func ParseAnnouncement(catalog *texts.Catalog, document string) (map[string]string, error) {
	all, err := sections(catalog, document)
	if err != nil {
		return nil, err
	}
	if _, ok := all[AnnouncementFallback]; !ok {
		return nil, refusedText("there is no text for [%s]: people in whose language there is none read that", AnnouncementFallback)
	}
	for lang := range all {
		if err := checkAnnouncement(catalog, lang, all); err != nil {
			return nil, refusedText("[%s]: %w", lang, err)
		}
	}
	return all, nil
}

// sections are the texts of a document, by language.
func sections(catalog *texts.Catalog, document string) (map[string]string, error) {
	all := make(map[string]string)
	lang := ""
	for i, line := range strings.Split(strings.ReplaceAll(document, "\r\n", "\n"), "\n") {
		m := sectionForm.FindStringSubmatch(line)
		switch {
		case m != nil:
			lang = strings.ToLower(m[1])
			if !slices.Contains(catalog.Languages(), lang) {
				return nil, refusedText("line %d: [%s] is none of the bot’s languages: %s", i+1, m[1], strings.Join(catalog.Languages(), ", "))
			}
			if _, twice := all[lang]; twice {
				return nil, refusedText("line %d: there are two texts for [%s]", i+1, lang)
			}
			all[lang] = ""
		case lang != "":
			all[lang] += line + "\n"
		case strings.TrimSpace(line) != "":
			return nil, refusedText("line %d: say which language this is, by a line such as [en] above it", i+1)
		}
	}
	for lang, text := range all {
		all[lang] = strings.TrimSpace(text)
	}
	return all, nil
}

func refusedText(format string, args ...any) error {
	return &OperatorError{fmt.Errorf(format, args...).Error()}
}

func checkAnnouncement(catalog *texts.Catalog, lang string, all map[string]string) error {
	if all[lang] == "" {
		return errors.New("the text is empty")
	}
	if err := checkHTML(all[lang]); err != nil {
		return err
	}
	if n := telegram.TextLength(announcementText(catalog, storage.Announcement{Texts: all, Audience: storage.Audience{Duty: true}}, lang)); n > maxMessage {
		return fmt.Errorf("the text is too long for one message, by %d characters", n-maxMessage)
	}
	return nil
}

// announcementText is what somebody reads who speaks a language: whose news it is, and the news.
func announcementText(catalog *texts.Catalog, a storage.Announcement, lang string) string {
	p := catalog.For(lang)
	text, ok := a.Texts[p.Language()]
	if !ok {
		p = catalog.For(AnnouncementFallback)
		text = a.Texts[AnnouncementFallback]
	}
	key := texts.MessageAnnouncement
	if a.Audience.Duty {
		key = texts.MessageNotice
	}
	return p.HTML(key, map[string]any{"Text": texts.Markup(text)}) //nolint:gosec // an operator's, checked by checkHTML
}

var (
	announcementTag = regexp.MustCompile(`^<(/?)([a-z-]+)(?: href="([^"<>]*)")?>`)
	announcementRef = regexp.MustCompile(`^&(lt|gt|amp|quot|#[0-9]+|#x[0-9A-Fa-f]+);`)
)

// announcementTags are those of Telegram's HTML that announcements may use.
func announcementTags() []string {
	return []string{"b", "i", "u", "s", "a", "code", "pre", "blockquote", "tg-spoiler"}
}

// checkHTML holds a text against Telegram's subset of HTML, because Telegram refuses a message for the least mistake.
func checkHTML(text string) error {
	var open []string
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '&':
			if !announcementRef.MatchString(text[i:]) {
				return fmt.Errorf("write &amp; for the & in %q", near(text, i))
			}
		case '<':
			m := announcementTag.FindStringSubmatch(text[i:])
			if m == nil || !slices.Contains(announcementTags(), m[2]) {
				return fmt.Errorf("%q is no tag that may be used (%s); write &lt; for a <", near(text, i), strings.Join(announcementTags(), ", "))
			}
			var err error
			if open, err = nest(open, m); err != nil {
				return err
			}
			i += len(m[0]) - 1
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("<%s> is not closed", open[len(open)-1])
	}
	return nil
}

// nest opens or closes a tag: its slash, name and address.
func nest(open, tag []string) ([]string, error) {
	closes, name, address := tag[1] != "", tag[2], html.UnescapeString(tag[3])
	web := strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "tg://")
	switch {
	case closes && (len(open) == 0 || open[len(open)-1] != name):
		return nil, fmt.Errorf("</%s> closes nothing", name)
	case closes:
		return open[:len(open)-1], nil
	case name == "a" && !web:
		return nil, errors.New(`a link needs its address: <a href="https://…">`)
	case name != "a" && address != "":
		return nil, fmt.Errorf("<%s> takes no address", name)
	case slices.Contains(open, name):
		return nil, fmt.Errorf("<%s> stands within itself", name)
	}
	return append(open, name), nil
}

// near is the place of a mistake.
func near(text string, at int) string {
	r := []rune(text[at:])
	return string(r[:min(len(r), 20)])
}
