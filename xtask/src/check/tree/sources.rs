//! A package's sources as the compiler would find them, without what is only for tests.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Item, ItemImpl, ItemMod, Meta};

use super::tokens::{self, Token};

/// One file, parsed.
pub(in crate::check) struct SourceFile {
    /// Below the root.
    pub(in crate::check) path: String,
    /// Its items, without tests and without attributes (documentation is one).
    pub(in crate::check) ast: syn::File,
    /// The same, word by word.
    pub(in crate::check) tokens: Vec<Token>,
}

impl SourceFile {
    /// Parses a file's text, for rules that need no other file.
    #[cfg(test)]
    pub(in crate::check) fn parse(path: &str, text: &str) -> Result<Self> {
        let mut ast = syn::parse_file(text)?;
        Stripped.visit_file_mut(&mut ast);
        Ok(Self::of(path.to_owned(), ast))
    }

    fn of(path: String, ast: syn::File) -> Self {
        let tokens = tokens::of(&ast);
        Self { path, ast, tokens }
    }

    /// File and line, as editors know them.
    pub(in crate::check) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// Reads a library's or program's first file and every module below it. `root` is the work tree's.
///
/// No library that is looked after follows modules to their files; the rules of the language are few.
pub(in crate::check) fn load(first: &Path, root: &Path) -> Result<Vec<SourceFile>> {
    let mut found = Vec::new();
    let folder = first.parent().unwrap_or(root);
    read(first, folder, root, &mut found)?;
    Ok(found)
}

/// Reads a file whose modules are in `folder`.
fn read(file: &Path, folder: &Path, root: &Path, found: &mut Vec<SourceFile>) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let mut ast = syn::parse_file(&text).with_context(|| format!("parse {}", file.display()))?;
    let mut modules = Vec::new();
    let beside = file.parent().unwrap_or(root);
    modules_of(&ast.items, folder, beside, &mut modules)?;
    Stripped.visit_file_mut(&mut ast);
    let path = file.strip_prefix(root).unwrap_or(file);
    found.push(SourceFile::of(path.to_string_lossy().into_owned(), ast));
    for (file, folder) in modules {
        read(&file, &folder, root, found)?;
    }
    Ok(())
}

/// The files of the modules that these items declare, each with the folder of its own modules.
fn modules_of(
    items: &[Item],
    folder: &Path,
    beside: &Path,
    found: &mut Vec<(PathBuf, PathBuf)>,
) -> Result<()> {
    for item in items {
        let Item::Mod(module) = item else { continue };
        if is_for_tests(&module.attrs) {
            continue;
        }
        let name = module.ident.to_string();
        let name = name.trim_start_matches("r#");
        match &module.content {
            Some((_, inner)) => {
                let folder = folder.join(name);
                modules_of(inner, &folder, &folder, found)?;
            }
            None => found.push(file_of(module, name, folder, beside)?),
        }
    }
    Ok(())
}

fn file_of(
    module: &ItemMod,
    name: &str,
    folder: &Path,
    beside: &Path,
) -> Result<(PathBuf, PathBuf)> {
    if let Some(path) = written_path(module)? {
        let file = beside.join(path);
        let folder = file.parent().unwrap_or(beside).to_path_buf();
        return Ok((file, folder));
    }
    let own = folder.join(name);
    for file in [folder.join(format!("{name}.rs")), own.join("mod.rs")] {
        if file.is_file() {
            return Ok((file, own));
        }
    }
    bail!("module `{name}` has no file in {}", folder.display())
}

/// The value of `#[path = "…"]`.
fn written_path(module: &ItemMod) -> Result<Option<String>> {
    for attribute in &module.attrs {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("path")
        {
            let syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) = &pair.value
            else {
                bail!("the path of module `{}` is no text", module.ident);
            };
            return Ok(Some(text.value()));
        }
    }
    Ok(None)
}

/// Whether `#[cfg(test)]` or `#[cfg(all(test, …))]` is there, or `#[test]` itself.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<Meta>()
                    .is_ok_and(|condition| wants_test(&condition))
    })
}

fn wants_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => {
            let parts = list.parse_args_with(
                syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated,
            );
            parts.is_ok_and(|parts| parts.iter().any(wants_test))
        }
        _ => false,
    }
}

/// Takes tests and attributes away.
struct Stripped;

impl VisitMut for Stripped {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        file.items.retain(|item| !is_for_tests(attributes(item)));
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(|item| !is_for_tests(attributes(item)));
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut ItemImpl) {
        block.items.retain(|item| match item {
            syn::ImplItem::Fn(function) => !is_for_tests(&function.attrs),
            syn::ImplItem::Const(constant) => !is_for_tests(&constant.attrs),
            _ => true,
        });
        visit_mut::visit_item_impl_mut(self, block);
    }

    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.clear();
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn modules_are_followed_and_those_of_tests_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "src/lib.rs",
            "mod a; mod b; mod c { mod d; } #[path = \"elsewhere.rs\"] mod e;\n\
             #[cfg(test)] mod tests; #[cfg(all(test, unix))] mod more;",
        );
        write("src/a.rs", "mod deep;");
        write("src/a/deep.rs", "");
        write("src/b/mod.rs", "mod deep;");
        write("src/b/deep.rs", "");
        write("src/c/d.rs", "");
        write("src/elsewhere.rs", "");
        write("src/tests.rs", "this is no Rust");
        let found = load(&dir.path().join("src/lib.rs"), dir.path()).unwrap();
        let paths: Vec<&str> = found.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "src/lib.rs",
                "src/a.rs",
                "src/a/deep.rs",
                "src/b/mod.rs",
                "src/b/deep.rs",
                "src/c/d.rs",
                "src/elsewhere.rs"
            ]
        );
    }

    #[test]
    fn a_module_without_a_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("lib.rs"), "mod gone;").unwrap();
        let error = load(&dir.path().join("lib.rs"), dir.path()).err().unwrap();
        assert!(error.to_string().contains("gone"), "{error}");
    }

    #[test]
    fn tests_and_documentation_are_left_out_and_the_rest_is_not() {
        let file = SourceFile::parse(
            "lib.rs",
            "/// documented\n#[must_use] fn kept() { one(\"kept\") }\n\
             #[cfg(not(test))] fn also() {}\n#[cfg(any(test, unix))] fn third() {}\n\
             impl A { #[cfg(test)] fn gone() {} fn method() {} }\n\
             #[cfg(test)] fn helper() {}\n#[test] fn a_test() {}",
        )
        .unwrap();
        let text = format!("{:?}", file.tokens);
        for kept in ["kept", "also", "third", "method"] {
            assert!(text.contains(kept), "{kept}");
        }
        for gone in ["documented", "must_use", "gone", "helper", "a_test"] {
            assert!(!text.contains(gone), "{gone}");
        }
    }
}
