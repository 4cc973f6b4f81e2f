/** Any function that can listen to an event. What a payload is, only the app knows. */
export type Listener = (...args: any[]) => void;
/**
 * Calls `fn` so that an exception it throws is reported by the runtime, like one thrown in a timer, but does not keep
 * the caller from its remaining work.
 */
export declare function callSafely(fn: Listener, ...args: unknown[]): void;
/** Listeners by event name, called in the order in which they were added. */
export declare class Emitter {
    #private;
    on(event: string, fn: Listener): void;
    /** Removes one binding of `fn`, or every listener of the event if there is no `fn`. */
    off(event: string, fn?: Listener): void;
    clear(): void;
    /** Lists are replaced, never changed, so a listener may add and remove listeners while it runs. */
    emit(event: string, ...args: unknown[]): void;
}
