import { fromErrorRecord, NovaError, type RecordedEvent } from '@nova/core';
import type { z } from 'zod';
import {
  gapSchema,
  type LiveActivity,
  liveActivitySchema,
  liveEventsSchema,
  subscribedSchema,
  type Topic,
} from './schemas.ts';

/** The path that the server's Socket.IO answers on. */
export const livePath = '/live';

/** What `Live` needs of a Socket.IO client socket; `io(url, { path: livePath })` is one. */
export interface LiveSocket {
  readonly connected: boolean;
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  emit(event: string, value: unknown, answer: (value: unknown) => void): unknown;
}

/** What a follower of a topic is told. */
export interface LiveFollower {
  /** Events of the topic, in order, none twice and none left out, across lost connections and gaps. */
  events(events: readonly RecordedEvent[]): void;
  /** Passing news of a running call. */
  activity?(activity: LiveActivity): void;
  /** The subscription was refused and is not tried again before the next connection, or a message could not be understood. */
  problem?(error: NovaError): void;
}

/** Live events over one socket. After a lost connection or a gap every topic goes on from the last position seen. */
export interface Live extends Disposable {
  /** Follows a topic from a position on. One follower for each topic. Dispose the result to stop. */
  follow(topic: Topic, after: number, follower: LiveFollower): Disposable;
}

interface Followed {
  readonly follower: LiveFollower;
  position: number;
}

/** Follows topics over a socket that the caller makes, and closes when it is done. */
export function createLive(socket: LiveSocket): Live {
  const followed = new Map<Topic, Followed>();

  function subscribe(topic: Topic): void {
    const one = followed.get(topic);
    if (!one || !socket.connected) return;
    socket.emit('subscribe', { topic, after: one.position }, (value) => {
      const answer = subscribedSchema.safeParse(value);
      if (followed.get(topic) !== one || (answer.success && answer.data.ok)) return;
      const error =
        answer.success && !answer.data.ok
          ? fromErrorRecord({ ...answer.data.problem, message: answer.data.problem.detail })
          : new NovaError('mesh.protocol', 'The server answered a subscription with something else than Nova does.');
      one.follower.problem?.(error);
    });
  }

  /** Null, and every follower told, when a message is not one of Nova's. */
  function understood<Message>(schema: z.ZodType<Message>, value: unknown): Message | null {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const error = new NovaError(
      'mesh.protocol',
      'The server sent a live message that this version of Nova does not know.',
      {
        cause: parsed.error,
      },
    );
    for (const { follower } of followed.values()) follower.problem?.(error);
    return null;
  }

  const listeners: Readonly<Record<string, (value: unknown) => void>> = {
    connect: () => {
      for (const topic of followed.keys()) subscribe(topic);
    },
    events: (value) => {
      const news = understood(liveEventsSchema, value);
      const one = news && followed.get(news.topic);
      const fresh = one ? news.events.filter((event) => event.position > one.position) : [];
      const last = fresh.at(-1);
      if (!one || !last) return;
      one.position = last.position;
      one.follower.events(fresh);
    },
    activity: (value) => {
      const activity = understood(liveActivitySchema, value);
      if (activity) followed.get(activity.topic)?.follower.activity?.(activity);
    },
    gap: (value) => {
      const gap = understood(gapSchema, value);
      if (gap) subscribe(gap.topic);
    },
  };
  for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);

  return {
    follow(topic, after, follower) {
      if (followed.has(topic)) throw new NovaError('internal', `The topic ${topic} is followed already.`);
      const one: Followed = { follower, position: after };
      followed.set(topic, one);
      subscribe(topic);
      return {
        [Symbol.dispose]: () => {
          if (followed.get(topic) !== one) return;
          followed.delete(topic);
          if (socket.connected) socket.emit('unsubscribe', { topic }, () => {});
        },
      };
    },
    [Symbol.dispose]() {
      followed.clear();
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
    },
  };
}
