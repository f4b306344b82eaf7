//! The rows of a drawing: who did what, at which line, and what is to be seen there.

use super::Trace;
use super::name::Sources;
use super::remark::{Remark, race};
use crate::model::event::{Effect, Event, Step};
use crate::model::failure::Defect;
use crate::model::site::{Access, Site};
use std::collections::BTreeMap;

/// A run, laid out: a column a thread, a row an event.
pub(super) struct Layout {
    /// What stands above each column.
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// One row.
pub(super) struct Row {
    /// The number of the event, from 1.
    pub(super) number: usize,
    pub(super) kind: Kind,
    /// In whose column it stands; `None` for what belongs to no thread.
    pub(super) thread: Option<usize>,
    /// What happened.
    pub(super) text: String,
    /// Where in the source, and the line.
    pub(super) source: String,
    pub(super) remark: Option<Remark>,
}

/// What kind of row it is, for its colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Access,
    /// A thread begins, ends, sleeps, is woken, stops, goes on.
    Life,
    Killed,
    Kernel,
    Note,
    Picture,
}

impl Layout {
    pub(super) fn of(trace: &Trace) -> Self {
        let mut names = Names::of(&trace.events, Sources::given(&trace.texts));
        let numbered = trace.events.iter().enumerate();
        let rows = numbered.map(|(index, event)| names.row(index + 1, event));
        let mut rows: Vec<Row> = rows.collect();
        if trace.defect == Some(Defect::Race)
            && let Some((one, other)) = race(&trace.events)
        {
            rows[one].remark = Some(Remark::Races { row: other + 1 });
        }
        shorten(&mut rows);
        Self {
            heads: heads(&trace.events),
            rows,
        }
    }
}

/// A head for each thread up to the last that did something.
fn heads(events: &[Event]) -> Vec<String> {
    let mut heads = vec!["thread 0".to_owned()];
    for event in events {
        if let Event::Started { thread, process } = event {
            while heads.len() <= *thread {
                heads.push(format!("thread {}", heads.len()));
            }
            if let Some(process) = process {
                heads[*thread] = format!("process {process}");
            }
        }
    }
    heads
}

/// What words and cells are called, by their numbers.
struct Names {
    sources: Sources,
    objects: BTreeMap<usize, String>,
}

impl Names {
    /// Each is called as in the first line that touches it, of those that name it itself if there
    /// are some; with a number from 0 if that is not enough, as of elements that are made in order.
    fn of(events: &[Event], mut sources: Sources) -> Self {
        let mut named: BTreeMap<usize, (bool, String)> = BTreeMap::new();
        for event in events {
            let Event::Step(step) = event else { continue };
            let Some(object) = step.effect.object else {
                continue;
            };
            let name = sources.receiver(&step.site);
            let name = name.unwrap_or_else(|| (false, "word".to_owned()));
            match named.get(&object) {
                Some((itself, _)) if *itself || !name.0 => {}
                _ => drop(named.insert(object, name)),
            }
        }
        let objects = named.into_iter().map(|(object, (_, name))| (object, name));
        let mut objects: BTreeMap<usize, String> = objects.collect();
        let mut alike: BTreeMap<String, usize> = BTreeMap::new();
        for name in objects.values() {
            *alike.entry(name.clone()).or_default() += 1;
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for name in objects.values_mut() {
            if alike[name] > 1 {
                let number = seen.entry(name.clone()).or_default();
                let numbered = format!("{name} {number}");
                *number += 1;
                *name = numbered;
            }
        }
        Self { sources, objects }
    }

    fn object(&self, effect: &Effect) -> &str {
        let name = effect.object.and_then(|object| self.objects.get(&object));
        name.map_or("word", String::as_str)
    }

    fn source(&mut self, site: &Site) -> String {
        let line = self.sources.line(site.location);
        format!("{}:{}  {line}", site.location.file(), site.location.line())
    }

    fn row(&mut self, number: usize, event: &Event) -> Row {
        let row = |kind, thread, text: String| Row {
            number,
            kind,
            thread,
            text,
            source: String::new(),
            remark: None,
        };
        let life = |thread: &usize, text: &str| row(Kind::Life, Some(*thread), text.to_owned());
        match event {
            Event::Started { thread, .. } => life(thread, "begins"),
            Event::Ended { thread } => life(thread, "ends"),
            Event::Asleep { thread } => life(thread, "sleeps"),
            Event::Woken { thread } => life(thread, "is woken"),
            Event::Resumed { thread } => life(thread, "goes on"),
            Event::Paused { thread, site } => Row {
                source: self.source(site),
                ..life(thread, "stops before this")
            },
            Event::Killed { thread, site } => Row {
                source: self.source(site),
                ..row(
                    Kind::Killed,
                    Some(*thread),
                    "is killed before this".to_owned(),
                )
            },
            Event::Marked { object, old, new } => {
                let name = self.objects.get(object).map_or("word", String::as_str);
                let text = format!(
                    "the kernel marks {name}: {} -> {}",
                    value(*old),
                    value(*new)
                );
                row(Kind::Kernel, None, text)
            }
            Event::Note { thread, text } => row(Kind::Note, Some(*thread), text.clone()),
            Event::Picture(picture) => row(Kind::Picture, None, picture.clone()),
            Event::Step(step) => Row {
                source: self.source(&step.site),
                remark: Remark::of(step),
                ..row(Kind::Access, Some(step.thread), self.access(step))
            },
        }
    }

    /// What an access did, in a few words.
    fn access(&self, step: &Step) -> String {
        let effect = &step.effect;
        let name = self.object(effect);
        let change = match (effect.replaced, effect.read, effect.written) {
            (Some(old), _, Some(new)) => format!("{name}: {} -> {}", value(old), value(new)),
            (_, Some(read), _) => format!("{name} = {}", value(read)),
            _ => name.to_owned(),
        };
        match step.site.access {
            Access::Load(order) | Access::Store(order) | Access::ReadModifyWrite(order) => {
                format!("{change}  {order:?}")
            }
            Access::CompareExchange(order, _) if effect.written.is_some() => {
                format!("{change}  exchanged {order:?}")
            }
            Access::CompareExchange(_, order) => format!("{change}  not exchanged {order:?}"),
            Access::LoadThenStore(..) => format!("{change}  not atomic"),
            Access::Fence(order) => format!("fence {order:?}"),
            Access::LightFence => "light fence".to_owned(),
            Access::HeavyFence => "heavy fence".to_owned(),
            Access::Read => format!("read {name}"),
            Access::Write => format!("write {name}"),
            Access::Wait => "wait".to_owned(),
            Access::Wake => format!("wake {name}"),
            Access::Nothing => "nothing".to_owned(),
        }
    }
}

/// Takes away the folders that all sources lie in.
fn shorten(rows: &mut [Row]) {
    let sources = rows.iter().map(|row| row.source.as_str());
    let mut sources = sources.filter(|source| !source.is_empty());
    let folder = |path: &str| path.rfind('/').map_or(0, |end| end + 1);
    let Some(first) = sources.next() else { return };
    let file = first.split(':').next().unwrap_or_default();
    let mut common = &file[..folder(file)];
    for source in sources {
        while !source.starts_with(common) {
            common = &common[..folder(common.trim_end_matches('/'))];
        }
    }
    let length = common.len();
    for row in rows {
        row.source.drain(..length.min(row.source.len()));
    }
}

/// A number as people read it: positions just before the wrap are negative, flags hexadecimal.
pub(super) fn value(value: u64) -> String {
    const NEAR: u64 = 1 << 16;
    const TOP: u64 = 1 << 32;
    match value {
        small if small < NEAR => small.to_string(),
        wrapped if wrapped > u64::MAX - NEAR => format!("-{}", wrapped.wrapping_neg()),
        // A word of 32 bits.
        wrapped if (TOP - NEAR..TOP).contains(&wrapped) => format!("-{}", TOP - wrapped),
        large => format!("{large:#x}"),
    }
}
