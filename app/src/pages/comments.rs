//! What was said about a task: each comment, changed in place by who said it, and saying something more.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};
use model::{Body, Command, CommandKind, Comment, CommentId, Instant, PersonId, ProjectRole, Refusal, TaskId};

use crate::{
    components::{
        avatar::Avatar,
        icon::Icon,
        menu::{Item, Menu},
        picker::{Choice, Look, Picker, Picks},
        presence::typing,
        waiting,
        when::When,
    },
    data::{
        Client, Link, client,
        drafts::{Edit, Field},
    },
    dom, ids,
    live::{live, memo, part},
    pages::{
        mentioned::{meant, named, typed},
        project::{Here, here},
        prose::{Written, prose},
        task::{Painted, may_change},
        versions::versions,
    },
};

/// A comment as it is painted.
type Said = Memo<Option<Comment>>;

/// A comment. Only what changes of it is painted anew.
#[component]
pub(crate) fn CommentBox(
    /// About which task.
    task: TaskId,
    /// The task as it is painted.
    painted: Painted,
    /// Which.
    id: CommentId,
    /// Whose.
    by: PersonId,
    /// When it was said.
    at: Instant,
    /// Whether it is on its way to the server.
    is_waiting: bool,
) -> impl IntoView {
    let Client { people, link, drafts, .. } = client();
    let ticking = client();
    let changes = may_change(CommandKind::EditComment, painted);
    let is_mine = ticking.me().is_some_and(|me| me.person.id == by);
    let may = memo(move || is_mine && changes.get());
    let page = here().board.page(task);
    let now = memo(move || page.with(|page| page.as_ref().and_then(|page| page.comment(id).cloned())));
    let (named, labelled) = (people.clone(), people);
    let is_marked = memo(move || is_waiting && link.get() != Link::Live);
    let (word, before) = versions(id, now);
    let written = memo(move || {
        let (text, html) = now.with(|c| c.as_ref().map_or((None, None), |c| (c.text.clone(), c.html.clone())));
        Written { text: text.unwrap_or_default(), html }
    });
    let is_removed = memo(move || now.with(|c| c.as_ref().is_none_or(|c| c.text.is_none())));
    let (scope, board) = (id.to_string(), here().board);
    let tick = Callback::new(move |text| {
        let Some(base) = now.get_untracked().map(|c| c.version) else { return };
        let project = board.project();
        ticking.dispatch_or_tell(&board, Command::EditComment { project, task, comment: id, base, text });
    });
    let draft = drafts.field(Field::Said(id));
    let kept = draft.clone();
    let is_editing = memo(move || Edit::read(&kept.get()).is_some());
    part! {
        <li class="comment" data-state=is_waiting.then_some("pending")>
            <Avatar person=by size="md"/>
            <article
                class="comment-box"
                aria-label=move || "Comment by ".to_owned() + &labelled.name(by)
            >
                <header>
                    <strong>{live(move || named.name(by))}</strong>
                    <When at/>
                    {word}
                    {waiting::mark(is_marked)}
                    {(!is_waiting).then(|| part! { <CommentMenu task painted now id/> })}
                </header>
                {live(move || {
                    if is_editing.get() {
                        part! { <EditComment task now id draft=draft.clone()/> }
                    } else {
                        let scope = scope.clone();
                        live(move || {
                            if is_removed.get() {
                                part! { <p class="small faint">"This comment was removed."</p> }
                            } else {
                                prose("prose prose-sm", &scope, written, may, tick)
                            }
                        })
                    }
                })}
                {before}
            </article>
        </li>
    }
}

fn menu_id(id: CommentId) -> String {
    "cm-".to_owned() + &id.to_string()
}

/// What can be done with a comment, for who may.
#[component]
fn CommentMenu(task: TaskId, painted: Painted, now: Said, id: CommentId) -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let may = may_change(CommandKind::RemoveComment, painted);
    let (looking, at) = (client.clone(), board.clone());
    let may_remove = memo(move || {
        let Some(comment) = now.get().filter(|c| !c.is_removed && may.get()) else { return (false, false) };
        let is_mine = looking.me().is_some_and(|me| me.person.id == comment.by);
        let leads = looking.standing(&at).and_then(model::Standing::effective) == Some(ProjectRole::Lead);
        (is_mine, is_mine || leads)
    });
    let items = Callback::new(move |()| {
        let (client, board) = (client.clone(), board.clone());
        let drafts = client.drafts.clone();
        let names = named(&client, &board);
        let edit = Callback::new(move |()| {
            let Some(Comment { text: Some(text), version, .. }) = now.get_untracked() else { return };
            drafts
                .set(Field::Said(id), Edit { base: version, from: String::new(), text: typed(&text, &names) }.write());
            dom::focus_soon(field_id(id));
        });
        let remove = Callback::new(move |()| {
            let Some(comment) = now.get_untracked() else { return };
            let (project, base) = (board.project(), comment.version);
            let command = Command::RemoveComment { project, task, comment: id, base };
            client.act(&board, vec![command], "Comment removed.");
            dom::focus_soon("c");
        });
        let mut items = vec![Item::new("i-trash", "Remove", remove).bad()];
        if may_remove.get_untracked().0 {
            items.insert(0, Item::new("i-edit", "Edit", edit));
        }
        items
    });
    live(move || {
        may_remove.get().1.then(|| {
            part! {
                <Menu id=menu_id(id) name="Comment menu".to_owned() items>
                    <Icon name="i-more" class="icon icon-sm"/>
                </Menu>
            }
        })
    })
}

fn field_id(id: CommentId) -> String {
    "ce-".to_owned() + &id.to_string()
}

/// One's own comment while it is written anew; what is typed is kept as a draft.
#[component]
fn EditComment(task: TaskId, now: Said, id: CommentId, draft: ArcRwSignal<String>) -> impl IntoView {
    let (client, board) = (client(), here().board);
    let error = RwSignal::new(None::<String>);
    let kept = draft.clone();
    let written = memo(move || Edit::read(&kept.get()).map(|edit| edit.text).unwrap_or_default());
    let (drafts, typing) = (client.drafts.clone(), client.drafts.clone());
    let leave = move || {
        drafts.set(Field::Said(id), String::new());
        dom::focus_soon(menu_id(id));
    };
    let (cancel, escape) = (leave.clone(), leave.clone());
    let (names, still) = (named(&client, &board), named(&client, &board));
    let save = move || {
        let Some(version) = now.get_untracked().map(|c| c.version) else { return };
        let result = Body::try_from(meant(written.get_untracked(), &names))
            .map_err(|why| Refusal::invalid("text", why.to_string()))
            .and_then(|text| {
                let (project, comment, base) = (board.project(), id, version);
                client.dispatch(&board, Command::EditComment { project, task, comment, base, text })
            });
        match result {
            Ok(()) => leave(),
            Err(refusal) => error.set(Some(refusal.tell())),
        }
    };
    let submit = save.clone();
    let is_as_it_was = move || {
        let text = now.get_untracked().and_then(|c| c.text).unwrap_or_default();
        written.get_untracked() == typed(&text, &still)
    };
    part! {
        <form
            class="edit-form"
            aria-label="Edit comment"
            novalidate
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                submit();
            }
            on:keydown=move |event: KeyboardEvent| {
                match event.key().as_str() {
                    _ if event.is_composing() => {}
                    // Closing the panel keeps what was typed; throwing it away is the button's.
                    "Escape" => {
                        event.stop_propagation();
                        if is_as_it_was() {
                            escape();
                        }
                    }
                    "Enter" if event.ctrl_key() || event.meta_key() => {
                        event.prevent_default();
                        save();
                    }
                    _ => {}
                }
            }
        >
            <label class="vh" for=field_id(id)>
                "Comment"
            </label>
            <textarea
                class="textarea comment-field"
                id=field_id(id)
                rows="2"
                prop:value=move || written.get()
                on:input=move |event| {
                    let text = event_target_value(&event);
                    typing.set(Field::Said(id), Edit { text, ..Edit::default() }.write());
                }
                aria-invalid=move || error.get().map(|_| "true")
            ></textarea>
            {live(move || error.get().map(|text| part! { <p class="error" role="alert">{text}</p> }))}
            <div class="form-foot">
                <button class="btn btn-primary" type="submit">
                    "Save"
                </button>
                <button class="btn btn-quiet" type="button" on:click=move |_| cancel()>
                    "Cancel"
                </button>
            </div>
        </form>
    }
}

/// Saying something.
#[component]
pub(crate) fn Composer(
    /// About which task.
    task: TaskId,
    /// The task as it is painted.
    painted: Painted,
) -> impl IntoView {
    let may = may_change(CommandKind::AddComment, painted);
    let error = RwSignal::new(None::<String>);
    let writers = client().writers(here().board.project(), task, model::live::Field::Comment);
    part! {
        <div class="composer">
            {typing(writers)}
            {live(move || {
                error
                    .get()
                    .map(|text| {
                        part! {
                            <p class="error" id="c-error" role="alert">
                                {text}
                            </p>
                        }
                    })
            })}
            {live(move || may.get().then(|| part! { <ComposerForm task error/> }))}
        </div>
    }
}

#[component]
fn ComposerForm(task: TaskId, error: RwSignal<Option<String>>) -> impl IntoView {
    let (client, Here { board, .. }) = (client(), here());
    let draft = client.drafts.field(Field::Comment(task));
    let (text, drafts, typed) = (draft.clone(), client.drafts.clone(), client.presence.clone());
    let at = mention(client.clone(), task);
    let send = move || {
        let written = text.get_untracked();
        if written.trim().is_empty() {
            return;
        }
        let written = meant(written, &named(&client, &board));
        let result =
            Body::try_from(written).map_err(|why| Refusal::invalid("text", why.to_string())).and_then(|text| {
                let comment = ids::comment();
                client.dispatch(&board, Command::AddComment { project: board.project(), task, comment, text })
            });
        match result {
            Ok(()) => {
                error.set(None);
                client.drafts.set(Field::Comment(task), String::new());
                client.presence.typed(true);
                client.say("Comment added.");
                dom::focus("c");
            }
            Err(refusal) => error.set(Some(refusal.tell())),
        }
    };
    let (submit, blank, idle) = (send.clone(), draft.clone(), draft.clone());
    part! {
        <form
            class="composer-box"
            data-idle=move || (!idle.get().contains('\n')).then_some("")
            aria-label="Add a comment"
            novalidate
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                submit();
            }
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !event.is_composing() {
                    event.prevent_default();
                    send();
                }
            }
        >
            <label class="vh" for="c">
                "Comment"
            </label>
            <textarea
                id="c"
                rows="1"
                placeholder="Write a comment"
                prop:value=move || draft.get()
                on:input=move |event| {
                    let text = event_target_value(&event);
                    typed.typed(text.is_empty());
                    drafts.set(Field::Comment(task), text);
                }
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=move || error.get().map(|_| "c-error")
            ></textarea>
            <div class="composer-foot">
                {at}
                <button
                    class="btn btn-primary"
                    type="submit"
                    disabled=move || blank.get().trim().is_empty()
                >
                    "Comment"
                </button>
            </div>
        </form>
    }
}

/// Puts somebody's name into the comment.
fn mention(client: Client, task: TaskId) -> AnyView {
    let board = here().board;
    let (listed, names) = (client.clone(), board.clone());
    let choice = |(text, id): (String, PersonId)| Choice { id: id.uuid().as_u128(), text, look: Look::Person(id) };
    let choices = Callback::new(move |()| named(&listed, &names).into_iter().map(choice).collect());
    let choose = Callback::new(move |(id, _)| {
        let members = named(&client, &board);
        let Some((name, _)) = members.into_iter().find(|(_, person)| person.uuid().as_u128() == id) else { return };
        let mut text = client.drafts.field(Field::Comment(task)).get_untracked();
        if !text.is_empty() && !text.ends_with(char::is_whitespace) {
            text.push(' ');
        }
        client.drafts.set(Field::Comment(task), text + "@" + &name + " ");
        dom::focus_soon("c");
    });
    let chosen = Callback::new(|()| Vec::new());
    let picks = Picks { choices, chosen, choose, create: None, several: false };
    part! {
        <Picker id="c-at".to_owned() name="Mention someone".to_owned() class="icon-btn" picks>
            <Icon name="i-at"/>
        </Picker>
    }
}
