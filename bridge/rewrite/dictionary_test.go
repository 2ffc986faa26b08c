package rewrite

import (
	"encoding/json"
	"slices"
	"strings"
)

// dictionary is what a fuzzing engine would need very long to put together by
// itself: the words of the formats, and the odd corners of reading them.
func dictionary() (inputs []keptInput) {
	add := func(eventType string, content any) {
		raw, ok := content.(string)
		if !ok {
			made, err := json.Marshal(content)
			if err != nil {
				panic(err)
			}
			raw = string(made)
		}
		inputs = append(inputs, keptInput{name: "dictionary", data: make([]byte, slices.Index(fuzzedTypes(), eventType)), content: []byte(raw)})
	}
	for _, one := range htmlWords() {
		add("m.room.message", map[string]any{"msgtype": "m.text", "body": "x", "format": htmlFormat, "formatted_body": one})
	}
	for _, one := range textWords() {
		add("m.room.message", map[string]any{"msgtype": "m.text", "body": one})
		add("m.room.message", map[string]any{"msgtype": "m.image", "body": one, "filename": "x.jpg", "url": "mxc://a.example/b"})
	}
	for _, one := range append(emojiWords(), graphemePairs()...) {
		add("m.reaction", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": "$x", "key": one}})
	}
	for _, one := range rawContents() {
		for _, eventType := range fuzzedTypes() {
			add(eventType, one)
		}
	}
	for _, relation := range []string{`"rel_type":"m.thread","event_id":"$a","is_falling_back":true`, `"rel_type":"io.element.thread","event_id":"$a","m.in_reply_to":{"event_id":"$b"}`,
		`"m.in_reply_to":{"event_id":"$a"}`, `"rel_type":"m.replace","event_id":"$a"`, `"rel_type":"m.reference","event_id":"$a"`, `"rel_type":"m.annotation","event_id":"$a","key":"👍"`, `"event_id":7`} {
		for _, more := range []string{`"msgtype":"m.text","body":"hei"`, `"msgtype":"m.text","body":"> <@a:b.c> x\n> y\n\nhei","m.new_content":{"msgtype":"m.emote","body":"uusi"}`,
			`"msgtype":"m.video","body":"x","url":"mxc://a.example/b","m.new_content":{"msgtype":"m.image","filename":"a.png","body":"uusi","file":{"v":"v2","url":"mxc://a/b","iv":"AAAAAAAAAAAAAAAAAAAAAA","key":{"k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"hashes":{"sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}}`} {
			add("m.room.message", `{`+more+`,"m.mentions":{"user_ids":["@a:b.c",7],"room":true},"m.relates_to":{`+relation+`}}`)
		}
	}
	const answers = `"answers":[{"id":"x","m.id":"y","org.matrix.msc1767.text":"b","m.text":[{"body":"c","mimetype":"text/html"},{"body":"d"}]}]`
	for _, form := range []pollForm{unstableForm(), stableForm()} {
		start := `"` + form.startKey + `":{"kind":"` + form.secret + `","max_selections":2,"question":{"org.matrix.msc1767.text":"a @b:c.d","m.text":[{"body":"e"}]},` + answers + `}`
		add(form.start, `{`+start+`}`)
		add(form.start, `{"m.new_content":{`+start+`},"m.relates_to":{"rel_type":"m.replace","event_id":"$x"}}`)
		add(form.vote, `{"org.matrix.msc3381.poll.response":{"answers":["x","1"]},"m.selections":["x","1"],"m.relates_to":{"rel_type":"m.reference","event_id":"$x"}}`)
	}
	return inputs
}

func htmlWords() []string {
	var all strings.Builder
	for _, t := range []string{"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tr", "th", "td",
		"strong", "b", "em", "i", "u", "del", "s", "strike", "sub", "sup", "code", "span", "a", "font", "details", "summary", "tfoot"} {
		all.WriteString("<" + t + ">x</" + t + ">")
	}
	words := []string{all.String(), "<ol start=3><li>a<li><b>c</ol>d", "<ol start=-1><li>a</ol><ul>x<li>y</li></ul>", "<table><caption>a<thead><tr><th>b<tbody><tr><td>c<td>d</table>",
		"<table><li>a<tr>b<td>c</table>", `<span data-mx-spoiler="syy @a:b.c">x</span><span data-mx-spoiler>y</span>`, `<strong data-mx-profile-fallback>N: </strong>x`,
		"<mx-reply>a<mx-reply>b</mx-reply>c</mx-reply>d", "a<br>b<hr>c<br/>", "<pre>a\n  b<code>c</code></pre>", "<!doctype html><!-- a --!><!-->b<!--->c<!-x>d<?php?><![CDATA[e]]></>f</ >g<1",
		"<script><!--<script></script>--></script>a<style>b</style><title>c</title>d<textarea>e</textarea><xmp>f</xmp><plaintext>g", "<script><!-- <scripta> </scripta> - -- < </script x>h",
		"<svg><math>a</math></svg><select>b</select><noscript>c</noscript><iframe>d</iframe>e", "&amp;&lt&gt;&#64;&#x40;&#X40;&notit;&notin;&#0;&#128;&#1114112;&#xd800;&#;&;&x",
		`<b a=1 b='2' c="3" d e = 4 a=5 / f>x</b>`, `<img alt=":a:" src="mxc://a/b"><img><img alt="` + strings.Repeat("x", 100) + `">`, strings.Repeat("<blockquote>", 30) + "x", strings.Repeat("<b>x", 60)}
	for _, whole := range []string{"<script><!--<script></script x>--></script>x", "<script><!-- - -- <!-- </s <s </script", "<script><!--<script>-x--x--<y</scripx></script>--></script>z", "<script><!--<script>--><!--a--!b-->z", "<script><!x<!-x<!--x-y--z<a</b</script>", "<script><!--<script>x-y--z<a</b<<--<</script>", "<br> <br><p> </p><b> </b>x<br> <p> </p>", "<b a=1 b='2' c=\"3\" d e = 4 / f/>x", "<b a=1/>x", "</b x='y'>z", "<!DOCTYPE x 'y'>z",
		"<!-- a - -- --! <!-- --!>b", "<!-- a -- --!-  <!--", "<!--!-->a", "<!---!>b", "<!--a--!-->c", "<!--a--!x-->d", "<!--a<!-b<!--c-->d", "<!--a---!>e", "<!-->", "<!---->c", "<!--->d", "<?x?>", "<title>a&amp;b</t</title>c", "<textarea>a</textarea", "<style>a<b</style>", "&#x40;&#64;&amp;&ampx&notit;", "a\rb\r\nc\r", "<pre>\r\nx\r</pre>\r"} {
		for end := 1; end <= len(whole); end++ { // it may end anywhere
			words = append(words, "x"+whole[:end])
		}
	}
	for _, href := range []string{"https://matrix.to/#/@a:b.c", "https://matrix.to/#/%40a%3Ab.c?via=d", "matrix:u/a:b.c?action=chat", "matrix:r/a:b.c", "https://app.example/#/user/@a:b.c", "https://apu.example/a?b=c#d",
		"http://apu.example", "HTTPS://APU.example/", "javascript:x", "mxc://a/b", "https://a.example/@b:c.d", "https://a.example/ b", "//a.example"} {
		words = append(words, `<a href="`+href+`">x</a>`, `<a href="`+href+`">`+href+`</a>`, `<a href="`+href+`"></a>`)
	}
	return words
}

func textWords() []string {
	words := []string{"", " ", "hei", "https://apu.example/a", "a.b c:/d", "@@a:b.c:d.e", "!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:x.y:1",
		"#a:[::1]:8448", "@a:127.0.0.1", "@a:localhost", "@a:b:8448", "@Kanerva:lle", "klo:12.30", "%40a%3Ab.c", "%2540a%253Ab.c", "matrix.to", "mxc:/", "matrix:u/a:b", "MATRIX:roomid/x", "matrix:", "50 %",
		"a\r\nb\u2028c\td", "\u200b\u200d\ufe0f\u202e\ufeff\U000e0041\u3164x", "❤️‍🔥 👍🏽 1️⃣", "سلام\u200cخوب", "> <@a:b.c> x\n> y", "> * <@a:b.c> x", "> x\ny", "@qz:b.c@d:e.f", "x@a:b.c.", "(@a:b.c)", "@a:b.c-"}
	return words
}

func emojiWords() []string {
	return []string{"👍", "👍️", "❤", "❤️", "👩‍👩‍👧‍👧", "👩🏽‍❤️‍💋‍👨🏿", "1️⃣", "#️⃣", "*⃣", "1", "🇫🇮", "🇫", "🅰️", "🔟", "ℹ️", "Ⓜ️", "🆎", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "a", "👍👍", "👍\u20e3", "1⃣⃣", "12⃣", "\u200d👍", "👍\u200d", "👍🏽🏽", "🏽", "e\u0301", "mxc://a/b", "👍\U000e0041", "\ufe0f", "", "🏳️‍🌈"}
}

// graphemePairs are two letters of each pair of classes by which text is divided
// into what people see as letters (UAX 29).
func graphemePairs() (pairs []string) {
	classes := []string{"a", "\r", "\n", "\u0001", "\u0300", "\u200d", "\U0001F1EB", "\u0600", "\u0903", "\u1100", "\u1161", "\u11a8", "\uac00", "\uac01", "\u2764", "\u0915", "\u094d", "\xff"}
	for _, first := range classes {
		for _, second := range classes {
			pairs = append(pairs, first+second)
		}
	}
	return pairs
}

func rawContents() []string {
	return []string{"", "null", "[]", "{}", "{", "7", `"x"`, `{"a":1,"a":2}`, `{"msgtype":7,"body":[]}`, `{"body":"\ud800","msgtype":"m.text"}`, "{\"msgtype\":\"m.text\",\"body\":\"\xff\"}", ` { "msgtype" : "m.text" , "body" : "a\"b\\c\u0041" } `,
		`{"msgtype":"m.audio","org.matrix.msc3245.voice":{},"url":"mxc://a.example/b","body":"x","info":{"size":7}}`, `{"url":"mxc://a.example/b","info":7,"body":"x"}`, `{"redacts":"$a","reason":"x"}`,
		`{"msgtype":"m.text","body":"N: x","com.beeper.per_message_profile":{"displayname":"N"},"m.mentions":[]}`, `{"msgtype":"m.text","body":"x","org.matrix.msc4391.command":{}}`, `{"msgtype":"m.location","body":"x","geo_uri":"geo:1,2"}`, `{"msgtype":"m.key.verification.request"}`}
}
