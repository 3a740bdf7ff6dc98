//! How a project is looked at: which of its tasks, in which order, in which groups. It stands in the query of the address,
//! so that a view can be sent to somebody.
//!
//! Must not know: how it is painted or chosen.

use model::{Board, Category, Day, LabelId, PersonId, Priority, StatusId, Task, Today};

use crate::query;

/// One condition. Those about the same thing are alternatives; all things that are named have to be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The task is in this status.
    Status(StatusId),
    /// Somebody does it.
    Assignee(Who),
    /// It has this label.
    Label(LabelId),
    /// It is so urgent; nothing for those of which nobody said so.
    Priority(Option<Priority>),
    /// It is due by then.
    Due(By),
    /// Its title or number has this text in it.
    Text(String),
}

/// Who does a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Whoever is looking.
    Me,
    Nobody,
    Person(PersonId),
}

/// When a task is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Overdue,
    Today,
    /// Within seven days, and not late yet.
    Soon,
    Never,
}

impl By {
    pub(crate) const ALL: [Self; 4] = [Self::Overdue, Self::Today, Self::Soon, Self::Never];

    const fn code(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Today => "today",
            Self::Soon => "soon",
            Self::Never => "none",
        }
    }

    /// As people read it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Today => "today",
            Self::Soon => "within 7 days",
            Self::Never => "no date",
        }
    }
}

/// The words of an address for how urgent a task is.
const fn priority_code(priority: Option<Priority>) -> &'static str {
    match priority {
        None => "none",
        Some(Priority::Low) => "low",
        Some(Priority::Medium) => "medium",
        Some(Priority::High) => "high",
        Some(Priority::Urgent) => "urgent",
    }
}

/// All of them, the most urgent first.
pub(crate) const PRIORITIES: [Option<Priority>; 5] =
    [Some(Priority::Urgent), Some(Priority::High), Some(Priority::Medium), Some(Priority::Low), None];

impl Condition {
    /// Reads one from its name and value in the address, or as a control gives it.
    pub(crate) fn read(name: &str, value: &str) -> Option<Self> {
        Some(match name {
            "status" => Self::Status(value.parse().ok()?),
            "assignee" => Self::Assignee(match value {
                "me" => Who::Me,
                "none" => Who::Nobody,
                _ => Who::Person(value.parse().ok()?),
            }),
            "label" => Self::Label(value.parse().ok()?),
            "priority" => Self::Priority(PRIORITIES.into_iter().find(|p| priority_code(*p) == value)?),
            "due" => Self::Due(By::ALL.into_iter().find(|by| by.code() == value)?),
            "text" if !value.trim().is_empty() => Self::Text(value.trim().to_owned()),
            _ => return None,
        })
    }

    /// What it is about, as in the address.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Assignee(_) => "assignee",
            Self::Label(_) => "label",
            Self::Priority(_) => "priority",
            Self::Due(_) => "due",
            Self::Text(_) => "text",
        }
    }

    /// Its value, as in the address.
    pub(crate) fn value(&self) -> String {
        match self {
            Self::Status(id) => id.to_string(),
            Self::Assignee(Who::Me) => "me".to_owned(),
            Self::Assignee(Who::Nobody) => "none".to_owned(),
            Self::Assignee(Who::Person(id)) => id.to_string(),
            Self::Label(id) => id.to_string(),
            Self::Priority(priority) => priority_code(*priority).to_owned(),
            Self::Due(by) => by.code().to_owned(),
            Self::Text(text) => text.clone(),
        }
    }

    fn holds(&self, board: &Board, task: &Task, me: PersonId, today: &Today) -> bool {
        match self {
            Self::Status(id) => task.status == *id,
            Self::Assignee(Who::Me) => task.assignees.contains(&me),
            Self::Assignee(Who::Nobody) => task.assignees.is_empty(),
            Self::Assignee(Who::Person(id)) => task.assignees.contains(id),
            Self::Label(id) => task.labels.contains(id),
            Self::Priority(priority) => task.priority == *priority,
            Self::Due(by) => {
                let days = task.due.as_ref().map(|due| today.until(today.due_day(due)));
                match by {
                    By::Overdue => days.is_some_and(|days| days < 0) && !is_over(board, task),
                    By::Today => days == Some(0),
                    By::Soon => days.is_some_and(|days| (0..7).contains(&days)),
                    By::Never => days.is_none(),
                }
            }
            Self::Text(text) => {
                let text = folded(text);
                folded(task.title.as_str()).contains(&text)
                    || folded(&format!("{}-{}", board.key, task.number)).contains(&text)
            }
        }
    }
}

/// Whether nothing more is to be done for it.
fn is_over(board: &Board, task: &Task) -> bool {
    matches!(board.status(task.status).map(|s| s.category), Some(Category::Done | Category::Cancelled))
}

/// Without regard to capitals.
pub(crate) fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).collect()
}

/// Which tasks are shown, for somebody on some day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sieve {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) me: PersonId,
    pub(crate) today: Today,
}

impl Sieve {
    /// Whether a task is shown.
    pub(crate) fn lets(&self, board: &Board, task: &Task) -> bool {
        let holds = |c: &Condition| c.holds(board, task, self.me, &self.today);
        // Each thing that is named has one condition that holds.
        self.conditions.iter().all(|c| self.conditions.iter().any(|other| other.name() == c.name() && holds(other)))
    }
}

/// By what tasks are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Group {
    #[default]
    Status,
    Assignee,
    Priority,
    Due,
}

impl Group {
    pub(crate) const ALL: [Self; 4] = [Self::Status, Self::Assignee, Self::Priority, Self::Due];

    /// In the address.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Assignee => "assignee",
            Self::Priority => "priority",
            Self::Due => "due",
        }
    }

    /// In a sentence.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Due => "due date",
            other => other.code(),
        }
    }
}

/// By what tasks are ordered within a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    /// As on the board.
    #[default]
    Rank,
    Number,
    Title,
    Priority,
    Due,
}

impl Sort {
    const ALL: [Self; 5] = [Self::Rank, Self::Number, Self::Title, Self::Priority, Self::Due];

    const fn code(self) -> &'static str {
        match self {
            Self::Rank => "rank",
            Self::Number => "id",
            Self::Title => "title",
            Self::Priority => "priority",
            Self::Due => "due",
        }
    }
}

/// As what the tasks of a project are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Layout {
    #[default]
    Board,
    List,
    Calendar,
}

impl Layout {
    const ALL: [Self; 3] = [Self::Board, Self::List, Self::Calendar];

    /// In the address.
    const fn code(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::List => "list",
            Self::Calendar => "calendar",
        }
    }
}

/// A month of a year, counted from the beginning of the calendar. A plain number, which signals exist for already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Month(pub(crate) usize);

impl Month {
    /// The one with this day in it.
    pub(crate) fn of(day: Day) -> Self {
        let (year, month, _) = day.ymd();
        Self(year.unsigned_abs() as usize * 12 + month as usize - 1)
    }

    /// So many months later; the same where the calendar ends.
    pub(crate) fn plus(self, months: isize) -> Self {
        self.0.checked_add_signed(months).map(Self).filter(|later| later.first().is_some()).unwrap_or(self)
    }

    /// Its first day.
    pub(crate) fn first(self) -> Option<Day> {
        let (year, month) = self.parts();
        Day::from_ymd(year, month, 1)
    }

    /// The year, and the month from 1 to 12.
    pub(crate) fn parts(self) -> (i32, u32) {
        let part = |n: usize| u32::try_from(n).unwrap_or(0);
        (i32::try_from(self.0 / 12).unwrap_or(0), part(self.0 % 12) + 1)
    }

    /// As in the address: `2026-11`.
    fn read(text: &str) -> Option<Self> {
        (text.to_owned() + "-01").parse().ok().map(Self::of)
    }
}

/// How a project is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// As what, also beside an opened task, whose address does not say it.
    pub(crate) layout: Layout,
    /// Which month of the calendar; the one of today if none.
    pub(crate) month: Option<Month>,
    pub(crate) filter: Vec<Condition>,
    pub(crate) group: Group,
    pub(crate) sort: Sort,
    /// The other way round.
    pub(crate) is_down: bool,
}

impl View {
    /// From the query of an address, such as `?assignee=me&sort=-due`. What it does not know is left out.
    pub(crate) fn read(query: &str) -> Self {
        let mut view = Self::default();
        for (name, value) in query::pairs(query) {
            match name {
                "view" => view.layout = Layout::ALL.into_iter().find(|l| l.code() == value).unwrap_or_default(),
                "month" => view.month = Month::read(&value),
                "group" => view.group = Group::ALL.into_iter().find(|g| g.code() == value).unwrap_or_default(),
                "sort" => {
                    view.is_down = value.starts_with('-');
                    let code = value.trim_start_matches('-');
                    view.sort = Sort::ALL.into_iter().find(|s| s.code() == code).unwrap_or_default();
                }
                _ => view.filter.extend(Condition::read(name, &value).filter(|c| !view.filter.contains(c))),
            }
        }
        view
    }

    /// The query of an address; empty for the view that a project has by itself. `with_layout` says in the query as what it
    /// is shown, for addresses that do not say it.
    pub(crate) fn query(&self, with_layout: bool) -> String {
        let mut query = String::new();
        let mut put = |name: &str, value: &str| {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(name);
            query.push('=');
            query::encode(&mut query, value);
        };
        if with_layout && self.layout != Layout::default() {
            put("view", self.layout.code());
        }
        if let Some(day) = self.month.and_then(Month::first) {
            put("month", &day.to_string()[..7]);
        }
        for condition in &self.filter {
            put(condition.name(), &condition.value());
        }
        if self.group != Group::default() {
            put("group", self.group.code());
        }
        if self.sort != Sort::default() || self.is_down {
            let sign = if self.is_down { "-" } else { "" };
            put("sort", &(sign.to_owned() + self.sort.code()));
        }
        query
    }

    /// With one condition more or less.
    pub(crate) fn toggled(mut self, condition: Condition) -> Self {
        if let Some(place) = self.filter.iter().position(|c| *c == condition) {
            self.filter.remove(place);
        } else {
            // A text is one: two would be alternatives, and nobody means that.
            if matches!(condition, Condition::Text(_)) {
                self.filter.retain(|c| !matches!(c, Condition::Text(_)));
            }
            self.filter.push(condition);
        }
        self
    }

    /// Ordered by this; the other way round if it was already.
    pub(crate) fn sorted(mut self, by: Sort) -> Self {
        self.is_down = self.sort == by && !self.is_down;
        self.sort = by;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Due, Hue, Instant, ProjectId, Rank, Status, TaskId};
    use std::sync::Arc;

    fn id<T: From<uuid::Uuid>>(n: u8) -> T {
        model::new_id(Instant::from_ms(1), [n; 10])
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn board() -> Board {
        let (key, name) = ("MUS".to_owned().try_into().unwrap(), "Muster".to_owned().try_into().unwrap());
        let mut board = Board::new(id::<ProjectId>(9), key, name, Hue::of(&[1]));
        for (n, category) in [(1, Category::Todo), (2, Category::Done)] {
            board.statuses.push(Status { id: id(n), name: "Status".to_owned().try_into().unwrap(), category });
        }
        board
    }

    fn task(change: impl FnOnce(&mut Task)) -> Arc<Task> {
        let mut task = Task {
            id: id::<TaskId>(8),
            number: 42,
            title: "Über the fence".to_owned().try_into().unwrap(),
            status: id(1),
            rank: Rank::between(None, None),
            due: None,
            priority: None,
            assignees: Vec::new(),
            labels: Vec::new(),
            parent: None,
            watch: Vec::new(),
            n_comments: 0,
            text_version: 0,
            text_by: id(5),
            created_by: id(5),
            created_at: Instant::from_ms(1),
            is_archived: false,
            trashed_at: None,
        };
        change(&mut task);
        Arc::new(task)
    }

    fn lets(query: &str, task: &Task) -> bool {
        let conditions = View::read(query).filter;
        let today = Today { day: day("2026-11-23"), reader: Arc::default() };
        Sieve { conditions, me: id(5), today }.lets(&board(), task)
    }

    #[test]
    fn a_view_is_read_as_it_is_written() {
        let (status, label, person) = (id::<StatusId>(1), id::<LabelId>(2), id::<PersonId>(3));
        for query in [
            String::new(),
            "?assignee=me".to_owned(),
            format!(
                "?view=list&status={status}&assignee={person}&assignee=none&label={label}&priority=urgent&priority=none&due=overdue&text=50%25%20of%20%C3%84&group=due&sort=-title"
            ),
            "?due=soon&group=assignee&sort=id".to_owned(),
            "?view=calendar&month=2026-11&assignee=me".to_owned(),
        ] {
            assert_eq!(View::read(&query).query(true), query);
        }
        assert_eq!(View::read("?view=list&due=today").query(false), "?due=today");
        assert_eq!(
            View::read("text=a+b%zz&due=today&due=today&due=x&nothing&status=1&sort=x&group=y&month=2026-13&view=x")
                .query(true),
            "?text=a%20b%25zz&due=today"
        );
    }

    #[test]
    fn a_month_follows_the_one_before_it_and_the_calendar_has_an_end() {
        let november = Month::of(day("2026-11-30"));
        assert_eq!(november.first(), Some(day("2026-11-01")));
        assert_eq!(november.plus(2).first(), Some(day("2027-01-01")));
        assert_eq!(november.plus(-11).first(), Some(day("2025-12-01")));
        assert_eq!(november.parts(), (2026, 11));
        let last = Month::of(day("9999-12-01"));
        assert_eq!(last.plus(1), last);
    }

    #[test]
    fn conditions_about_one_thing_are_alternatives_and_all_things_have_to_be_so() {
        let urgent = task(|t| t.priority = Some(Priority::Urgent));
        assert!(lets("", &urgent) && lets("?priority=urgent&priority=low", &urgent));
        assert!(!lets("?priority=low", &urgent) && !lets("?priority=urgent&assignee=me", &urgent));
        let mine = task(|t| t.assignees = vec![id(5)]);
        assert!(lets("?assignee=me&priority=none", &mine) && !lets("?assignee=none", &mine));
        assert!(lets(&format!("?assignee={}", id::<PersonId>(5)), &mine));
        let labelled = task(|t| t.labels = vec![id(2)]);
        assert!(lets(&format!("?label={}", id::<LabelId>(2)), &labelled) && !lets("?text=wall", &labelled));
        assert!(lets("?text=%C3%BCBER", &labelled) && lets("?text=mus-4", &labelled));
    }

    #[test]
    fn days_count_from_today_and_what_is_finished_is_not_late() {
        for (due, status, fits) in [
            (Some("2026-11-22"), 1, vec![By::Overdue]),
            (Some("2026-11-22"), 2, vec![]),
            (Some("2026-11-23"), 1, vec![By::Today, By::Soon]),
            (Some("2026-11-29"), 1, vec![By::Soon]),
            (Some("2026-11-30"), 1, vec![]),
            (None, 1, vec![By::Never]),
        ] {
            let task = task(|t| (t.due, t.status) = (due.map(|d| Due::Day(day(d))), id(status)));
            for by in By::ALL {
                assert_eq!(lets(&format!("?due={}", by.code()), &task), fits.contains(&by), "{due:?} {by:?}");
            }
        }
    }

    #[test]
    fn a_condition_comes_and_goes_and_a_text_is_one() {
        let view = View::read("?text=a").toggled(Condition::Due(By::Today));
        assert_eq!(view.query(false), "?text=a&due=today");
        let view = view.toggled(Condition::Text("b".to_owned())).toggled(Condition::Due(By::Today));
        assert_eq!(view.query(false), "?text=b");
        let view = view.sorted(Sort::Due);
        assert_eq!(
            (view.query(false), view.sorted(Sort::Due).query(false)),
            ("?text=b&sort=due".to_owned(), "?text=b&sort=-due".to_owned())
        );
    }
}
