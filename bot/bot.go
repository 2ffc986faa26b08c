// Package bot turns what a person writes to the service into use cases of the
// domain, and what the domain says into words. It knows nothing of Matrix: an
// [Input] is a text, a tapped reaction or an arrival; an [Answer] is lines,
// some of them with reactions to tap.
//
// Commands are data ([command], table.go): the words of all three languages,
// the places where it may be given, what the policy must allow, and a handler.
// A dialogue is a question that is remembered ([question], memory.go) in the
// store, so that a restart changes nothing; it has a menu number, and a tap on
// an older menu is answered but not obeyed. Any other command leaves it.
//
// The rules of speaking: every input that is meant for the bot gets an answer;
// a refusal of the domain is an answer; only faults are errors. Every choice
// can be typed as a number or a word, or tapped; nothing is said with an emoji
// alone. What a person wrote is never repeated to anybody but where the domain
// says so. All words live in package locale.
//
// The bot keeps nothing in itself: a Bot may serve many transactions at once,
// and a [Request] may be handled again when its transaction is.
package bot

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"silta/locale"
	"silta/mentoring"
)

// Place is the kind of room that an input came from.
type Place int

// The places.
const (
	Management Place = iota // the person's own room with the bot: plain words do
	Leg                     // the person's room of a conversation: commands begin with !
	Staff                   // a staff room: commands begin with !
)

// InputKind says what a person did.
type InputKind int

// The kinds of input.
const (
	Text      InputKind = iota // wrote Input.Text
	Button                     // tapped Input.Key under the line with Input.Menu
	Arrived                    // came into the room, for the first time or again
	Danger                     // wrote what sounds of danger, to whomever; Input.Text is empty
	Replied                    // wrote Input.Text as an answer to the line with Input.Menu
	Unmarked                   // wrote a word for help without its mark, in a leg; Input.Text is the command's name
	Collected                  // nothing: what they chose for a report (Input.Menu) has been read
)

// Input is what a person did. For a Button that is under none of the bot's
// lines Menu is 0.
type Input struct {
	Kind InputKind
	Text string
	Menu int64
	Key  string // the reaction
	Poll bool   // Key is the number of an answer, by a vote in a poll
}

// Request is one input of one member, inside one transaction.
type Request struct {
	Act         *mentoring.Act
	Member      *mentoring.Member
	Place       Place
	Participant mentoring.ParticipantID // in a leg
	Case        mentoring.CaseID        // in a case's thread in the staff room
	About       string                  // in a leg: the event that the input answers, opaque to the bot
	// Unsigned says that the input came from a device that its owner has not
	// signed, or that nothing is known of: what cannot be undone is not done then.
	Unsigned bool
	// Proof is made of the recovery phrase that the input is; nil: it is none.
	Proof  *mentoring.PhraseProof
	Remark int64 // in a remark's thread in the staff room
	Input  Input
}

// Line is one message of the bot. When Menu is not 0, the caller puts Buttons
// on the message as reactions, and a tap comes back with that Menu.
type Line struct {
	Text    string
	Menu    int64
	Buttons []string
	Loud    bool // asks the client to notify
	// Key is what the line is known by afterwards, to be taken away again.
	Key string
}

// Answer is what the bot says. With RedactInput the caller takes the input
// itself away at once: it held an address or a code.
type Answer struct {
	Lines []Line
	// Say is said in the leg's conversation as the person's own words; SayAs says
	// as which participant it is said, when the input came from elsewhere.
	Say         string
	SayAs       mentoring.ParticipantID
	RedactInput bool
	// Case says in which case's thread the lines belong, when not in that of the
	// input; Used is a button of that case's head that was tapped, and goes.
	Case mentoring.CaseID
	Used string
}

// Settings are the values of the texts that the operator gives. A map by
// language falls back to the default language's value.
type Settings struct {
	ServiceName  string                                   // empty: Silta
	Location     *time.Location                           // of dates that people write; nil: UTC
	CrisisLines  map[mentoring.Language]string            // besides 112; see docs/operating.md
	YoungerHelp  map[mentoring.Language]string            // where those below the minimum age find help
	Topics       map[string]map[mentoring.Language]string // words of topics that locale/ does not have
	Services     []Service                                // told to who finds no mentor
	Guide        []map[mentoring.Language]string          // steps of the orientation guide; none: those of locale/
	GuideVideo   map[mentoring.Language]string            // its address; empty: there is none
	FeedbackForm map[mentoring.Language]string            // address of a form elsewhere; empty: there is none
}

// Service is help elsewhere.
type Service struct {
	Topics []string // that it is about; none: whatever it be
	Text   map[mentoring.Language]string
}

// Bot answers requests. Make it with New.
type Bot struct {
	cat      *locale.Catalogue
	cfg      Settings
	commands []command
	byWord   map[string]found             // folded word → command
	answers  map[string]string            // folded word → yes, no, skip, done
	parts    map[string]string            // folded word → sub-command or filler
	days     map[string]map[string]string // language → folded word → name of a day or days
	names    map[string]string            // folded name of a language, in any of them → its tag
}

// New makes a Bot.
func New(cat *locale.Catalogue, cfg Settings) *Bot {
	if cfg.ServiceName == "" {
		cfg.ServiceName = "Silta"
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	b := &Bot{cat: cat, cfg: cfg, commands: append(table(), caseTable()...)}
	b.index()
	return b
}

// Handle answers one input. An error is a fault; a refusal is an answer.
func (b *Bot) Handle(r Request) (Answer, error) {
	t := &turn{
		b: b, act: r.Act, member: r.Member, place: r.Place,
		participant: r.Participant, inCase: r.Case, about: r.About, inRemark: r.Remark, unsigned: r.Unsigned, proof: r.Proof, lang: r.Member.Language,
	}
	if err := t.load(); err != nil {
		return Answer{}, err
	}
	if err := t.act.Heard(t.member); err != nil {
		return Answer{}, err
	}
	err := t.run(r.Input)
	var refusal *mentoring.Refusal
	if errors.As(err, &refusal) {
		t.out.Lines = append(t.out.Lines, Line{Text: t.render(refusal.Text)})
		err = nil
	}
	if err != nil {
		return Answer{}, err
	}
	if err := t.save(); err != nil {
		return Answer{}, err
	}
	return t.out, nil
}

// Render tells a text of the domain in a language; in all of them as long as
// the language is not known.
func (b *Bot) Render(lang mentoring.Language, text mentoring.Text) string {
	if lang == "" {
		var all []string
		for _, lang := range locale.Languages() {
			if said := b.Render(mentoring.Language(lang), text); !slices.Contains(all, said) {
				all = append(all, said)
			}
		}
		return strings.Join(all, "\n")
	}
	args := make(map[string]any, len(text.Args)+4)
	maps.Copy(args, b.values(lang))
	maps.Copy(args, text.Args)
	return b.cat.Say(string(lang), text.Key, args)
}

// values are the operator's values, which every text may use.
func (b *Bot) values(lang mentoring.Language) map[string]any {
	return map[string]any{
		"service": b.cfg.ServiceName,
		"crisis":  b.perLanguage(b.cfg.CrisisLines, lang),
		"younger": b.perLanguage(b.cfg.YoungerHelp, lang),
	}
}

func (b *Bot) perLanguage(values map[mentoring.Language]string, lang mentoring.Language) string {
	if v := values[lang]; v != "" {
		return v
	}
	return values[locale.Default]
}

// turn is the handling of one request.
type turn struct {
	b           *Bot
	act         *mentoring.Act
	member      *mentoring.Member
	place       Place
	participant mentoring.ParticipantID
	inCase      mentoring.CaseID
	inRemark    int64
	about       string
	unsigned    bool
	proof       *mentoring.PhraseProof
	lang        mentoring.Language // to answer in
	mem         memory
	kept        string    // the memory as the store has it
	left        *question // what was being asked before the command that is obeyed
	memberships []mentoring.Membership
	topicList   []mentoring.Topic
	out         Answer
}

// text renders one of the bot's own texts; pairs are name, value, name, value …
func (t *turn) text(key string, pairs ...any) string { return t.render(mentoring.T(key, pairs...)) }

// render tells a text in the person's language, also one of the domain's. {p} is what
// commands begin with in this place.
func (t *turn) render(text mentoring.Text) string {
	args := map[string]any{"p": t.mark()}
	maps.Copy(args, text.Args)
	text.Args = args
	return t.b.Render(t.lang, text)
}

// say answers with one of the bot's own texts.
func (t *turn) say(key string, pairs ...any) { t.line(t.text(key, pairs...)) }

// line answers with words that are ready.
func (t *turn) line(text string) { t.out.Lines = append(t.out.Lines, Line{Text: text}) }

// mark is what commands begin with in this place.
func (t *turn) mark() string {
	if t.place == Management {
		return ""
	}
	return "!"
}
