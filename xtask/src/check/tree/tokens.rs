//! A file word by word, what is inside macros included: the rules look for names and texts, wherever they stand.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

/// One word of a source, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Token {
    pub(in crate::check) line: usize,
    pub(in crate::check) kind: Kind,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum Kind {
    /// A name or keyword.
    Name(String),
    /// The value of a string literal, of bytes too.
    Text(String),
    /// Another literal.
    Value,
    /// Punctuation, or one end of a pair.
    Mark(char),
}

impl Token {
    /// Whether it is this name.
    pub(in crate::check) fn is_name(&self, wanted: &str) -> bool {
        matches!(&self.kind, Kind::Name(name) if name == wanted)
    }

    /// Whether it is one of these names.
    pub(in crate::check) fn is_any(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|name| self.is_name(name))
    }

    /// Whether it is this mark.
    pub(in crate::check) fn is_mark(&self, wanted: char) -> bool {
        self.kind == Kind::Mark(wanted)
    }

    /// The value, if it is a string.
    pub(in crate::check) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The words of a syntax tree.
pub(super) fn of(tree: &impl ToTokens) -> Vec<Token> {
    let mut tokens = Vec::new();
    flatten(tree.to_token_stream(), &mut tokens);
    tokens
}

/// Lines on which a method of `edge`'s context is called or named: `cx.name(` or `Context::name`.
pub(in crate::check) fn calls<'a>(
    tokens: &'a [Token],
    name: &'a str,
) -> impl Iterator<Item = usize> + 'a {
    let called = tokens
        .windows(3)
        .filter(move |three| {
            three[0].is_mark('.') && three[1].is_name(name) && three[2].is_mark('(')
        })
        .map(|three| three[1].line);
    let named = tokens
        .windows(4)
        .filter(move |four| {
            four[0].is_name("Context")
                && four[1].is_mark(':')
                && four[2].is_mark(':')
                && four[3].is_name(name)
        })
        .map(|four| four[3].line);
    called.chain(named)
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |kind| tokens.push(Token { line, kind });
        match tree {
            TokenTree::Ident(name) => {
                push(Kind::Name(name.to_string().trim_start_matches("r#").into()));
            }
            TokenTree::Punct(mark) => push(Kind::Mark(mark.as_char())),
            TokenTree::Literal(literal) => push(value(literal)),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::None => (' ', ' '),
                };
                let end = group.span_close().start().line;
                push(Kind::Mark(open));
                flatten(group.stream(), tokens);
                tokens.push(Token {
                    line: end,
                    kind: Kind::Mark(close),
                });
            }
        }
    }
}

fn value(literal: proc_macro2::Literal) -> Kind {
    let lossy = |bytes: &[u8]| Kind::Text(String::from_utf8_lossy(bytes).into_owned());
    match syn::Lit::new(literal) {
        syn::Lit::Str(text) => Kind::Text(text.value()),
        syn::Lit::ByteStr(bytes) => lossy(&bytes.value()),
        syn::Lit::CStr(text) => lossy(text.value().as_bytes()),
        _ => Kind::Value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        of(&syn::parse_file(text).unwrap())
    }

    #[test]
    fn texts_are_found_wherever_they_stand() {
        let tokens = tokens(
            "const A: &str = \"one\";\nfn f() { m!(x, [\"t\\\"wo\"], { r#\"three\"# }); b\"four\"; c\"five\"; 6; 'c'; }",
        );
        let texts: Vec<&str> = tokens.iter().filter_map(Token::text).collect();
        assert_eq!(texts, ["one", "t\"wo", "three", "four", "five"]);
        let first = tokens.iter().find(|token| token.text() == Some("one"));
        assert_eq!(first.unwrap().line, 1);
    }

    #[test]
    fn calls_are_found_in_code_and_in_macros() {
        let tokens = tokens(
            "fn f() {\n cx\n.wanted().await;\n join!(cx.wanted());\n f(Context::wanted); wanted(); cx.wanted; }",
        );
        assert_eq!(calls(&tokens, "wanted").collect::<Vec<_>>(), [3, 4, 5]);
    }
}
