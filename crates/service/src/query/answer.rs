//! The one door for questions.

use model::{Question, Refusal, Reply};

use super::{board, find_people, home, inbox, me, my_tasks, people, search, task};
use crate::{Actor, Cx, zones::zone};

/// The most people of one question.
const MOST_PEOPLE: usize = 100;

/// Answers a question.
///
/// # Errors
///
/// [`Refusal::NotFound`] for what is not there or not for the reader to see, [`Refusal::MayNot`] for what they may not
/// ask, [`Refusal::TooLarge`] for more than 100 people, [`Refusal::Invalid`] for a zone that nobody knows, and faults of the database.
pub async fn answer(cx: &Cx, actor: &Actor, question: Question) -> Result<Reply, Refusal> {
    Ok(match question {
        Question::Me => Reply::Nothing(me(cx, actor).await?),
        Question::Home => Reply::Home(home(cx, actor).await?),
        Question::Board { key } => {
            // Asked first: the page follows its own feed from there, and what happens in between is told again.
            let me = me(cx, actor).await?;
            match board(cx, actor, &key).await {
                Ok(page) => Reply::Board { me, page: Box::new(page) },
                Err(Refusal::NotFound) => Reply::Nothing(me),
                Err(refusal) => return Err(refusal),
            }
        }
        Question::MyTasks => Reply::MyTasks(my_tasks(cx, actor).await?),
        Question::Inbox => Reply::Inbox(inbox(cx, actor).await?),
        Question::Search { text } => Reply::Found(search(cx, actor, &text).await?),
        // Whoever can draw asks for what is drawn.
        Question::Overview { .. } | Question::Versions { .. } => {
            return Err(Refusal::invalid("question", "Nobody draws here."));
        }
        Question::Task { project, task: id } => Reply::Task(task(cx, actor, project, id).await?),
        Question::People { ids } if ids.len() > MOST_PEOPLE => return Err(Refusal::TooLarge),
        Question::People { ids } => Reply::People(people(cx, actor, ids).await?),
        Question::Zone { name } => Reply::Zone(zone(&name)?),
        Question::FindPeople { project, text } => Reply::People(find_people(cx, actor, project, &text).await?),
    })
}
