//! Each link leads to something that is there, and to a heading if it says so; and each page is in the
//! book.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::pages::pages;

/// What a page has.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    /// The names of its headings, as mdBook gives them.
    anchors: Vec<String>,
}

impl Page {
    fn parse(text: &str) -> Page {
        let mut page = Page::default();
        let mut heading: Option<String> = None;
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.anchors.extend(heading.take().as_deref().map(anchor));
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        page
    }
}

/// Letters, digits, hyphens and underscores, in lower case; a hyphen for each space.
fn anchor(heading: &str) -> String {
    let letters = heading.trim().chars().filter_map(|letter| match letter {
        _ if letter.is_alphanumeric() || "-_".contains(letter) => Some(letter.to_ascii_lowercase()),
        _ if letter.is_whitespace() => Some('-'),
        _ => None,
    });
    letters.collect()
}

#[test]
fn each_link_leads_somewhere() {
    let pages: HashMap<PathBuf, Page> = pages()
        .into_iter()
        .map(|(path, text)| (path.canonicalize().expect("a page"), Page::parse(&text)))
        .collect();
    let mut followed = 0;
    for (path, page) in &pages {
        for link in page.links.iter().filter(|link| !link.contains("://")) {
            if let Err(why) = follow(&pages, path, link) {
                panic!("{}: the link to {link} {why}", path.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 100, "there are links: {followed}");
}

fn follow(pages: &HashMap<PathBuf, Page>, from: &Path, link: &str) -> Result<(), &'static str> {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let folder = from.parent().expect("a folder");
    let target = match file {
        "" => from.to_owned(),
        file => folder
            .join(file)
            .canonicalize()
            .map_err(|_| "leads nowhere")?,
    };
    let is_page = target
        .extension()
        .is_some_and(|extension| extension == "md");
    match pages.get(&target) {
        None if is_page => Err("leads out of the book"),
        // In the book it would be another folder's.
        Some(_) if target.ends_with("README.md") && from != target => Err("leads out of the book"),
        Some(page) if !heading.is_empty() && !page.anchors.iter().any(|has| has == heading) => {
            Err("leads to no heading")
        }
        _ => Ok(()),
    }
}

#[test]
fn each_page_is_in_the_book() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).expect("the contents");
    let listed = Page::parse(&summary).links;
    for (path, _) in pages() {
        let name = path
            .strip_prefix(&docs)
            .map(|name| name.display().to_string());
        let is_listed = |name: String| name == "SUMMARY.md" || listed.contains(&name);
        assert!(
            name.is_err() || name.is_ok_and(is_listed),
            "not in the contents: {}",
            path.display()
        );
    }
}
