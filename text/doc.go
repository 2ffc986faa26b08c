// Package text knows how people write: which words of Finnish, Swedish and
// English belong together ([Search]), and what in a text is a contact ([Guard]).
// It implements small interfaces of mentoring with well-kept libraries.
//
// The guard is made for people who want to be careful, and for those who forget
// to be; not against somebody who is set on getting a number across: they will
// find a way. So it folds what people commonly do to get round a filter (look-alike
// letters, spaces, line ends, emoji, number words, "at" and "dot"), finds the
// forms that Finnish, Swedish and English writers use, and leaves alone what
// they say every day: times, dates, prices, ages, years, the numbers of crisis
// lines. testdata/ has hundreds of both, and the test says how many are found.
//
// It does not find names, what is spread over several messages, what is in a
// picture or a voice, and riddles ("the first digit is my age").
//
// Most messages hold nothing that could be a contact. A first look ([quick])
// finds that out in one pass, without memory of its own; only the rest is
// folded ([foldAll]) and matched. Every matcher takes time linear in the text.
package text
